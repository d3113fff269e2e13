import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { checkoutRoot } from "../../../lab/places.js";
import { readStackFile } from "../../../operations/declaration-file.js";
import { previewEnvironment, type DeclaredResource } from "../../../preview/index.js";
import { disagreements, type EngineDigest } from "../../preview/agreement.js";
import { configured } from "../../preview/configured.js";

type ResourceProvider = dynamic.ResourceProvider;

/** A stack that does not exist yet, and the engine that can preview it. */
export interface Previewed {
  readonly stack: string;
  /** The stack's file, as the engine reads it. */
  readonly config: string;
  /** Runs the engine with these arguments. @returns what it prints */
  readonly engine: (args: readonly string[]) => Promise<string>;
  /** What the laboratory's program changes of the inputs of a type, as it changes them for the engine. @default nothing */
  readonly changed?: (type: string, inputs: DeclaredResource["inputs"]) => DeclaredResource["inputs"];
}

/** What `pgkeep preview` says of a stack, and everything in which the engine's own preview contradicts it. */
export async function besideEngine({
  stack,
  config: file,
  engine,
  changed = (_, inputs) => inputs,
}: Previewed): Promise<{
  readonly contradictions: readonly string[];
  readonly ok: boolean;
  readonly notes: readonly string[];
  readonly resources: number;
}> {
  const { environment, config } = readStackFile(file);
  const policy = readFileSync(join(checkoutRoot(), "policy", "exemptions", `${stack}.json`), "utf8");
  const { resources, ok, notes } = await previewEnvironment({
    ...{ environment: parseEnvironment(environment), config, project: "pgkeep", stack },
    ...{ configured: configured(JSON.parse(policy)), now: new Date() },
  });
  const digest = JSON.parse(await engine(["preview", "--json"])) as EngineDigest;
  const ours = await Promise.all(
    resources.map(async (resource) => ({
      ...resource,
      inputs: alike(changed(resource.type, await checkedInputs(resource))),
    })),
  );
  return {
    contradictions: disagreements(ours, alike(digest)),
    ...{ ok, notes, resources: resources.length },
  };
}

/** Inputs as the engine has them once our own provider has checked them, which fills in defaults; others as they are. */
async function checkedInputs({ type, inputs }: DeclaredResource): Promise<DeclaredResource["inputs"]> {
  if (!type.startsWith("pulumi-nodejs:dynamic/")) return inputs;
  const module = { handler: (): ResourceProvider => assert.fail("its text gives no provider") };
  // As Pulumi's own server for dynamic providers does it.
  new Function("exports", "require", String(inputs["__provider"]))(module, require);
  const checked = await module.handler().check?.({}, inputs);
  assert.deepEqual(checked?.failures ?? [], []);
  return { ...inputs, ...(checked?.inputs as object) };
}

/** Documents with every public key alike: the real one stands among the secrets, so ours is a placeholder; in base64, too. */
function alike<T>(document: T): T {
  const key = /ssh-ed25519 [A-Za-z0-9+/=]+(?: [^\n"]*)?/g;
  return JSON.parse(
    JSON.stringify(document, (_, value: unknown) => {
      if (typeof value !== "string") return value;
      const text = /^[A-Za-z0-9+/]{64,}={0,2}$/.test(value) ? Buffer.from(value, "base64").toString() : value;
      return text.search(key) >= 0 ? text.replaceAll(key, "ssh-ed25519 <key>") : value;
    }),
  ) as T;
}
