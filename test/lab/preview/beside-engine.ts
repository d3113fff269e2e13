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
  /** What the laboratory's program or endpoint changes of a resource, as it changes it for the engine. @default nothing */
  readonly changed?: (resource: DeclaredResource) => DeclaredResource;
}

/** What `pgkeep preview` says of a stack, and everything in which the engine's own preview contradicts it. */
export async function besideEngine({
  stack,
  config: file,
  engine,
  changed = (resource) => resource,
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
    resources.map(async (resource) => alike(changed({ ...resource, inputs: await checkedInputs(resource) }))),
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

/**
 * Documents in which alike is what means the same, or is a placeholder in ours as the real one stands among the secrets: public keys,
 * in base64 too, and digests of secrets. Quantities are in the largest unit, as API servers write them.
 */
function alike<T>(document: T): T {
  const key = /ssh-ed25519 [A-Za-z0-9+/=]+(?: [^\n"]*)?/g;
  return JSON.parse(
    JSON.stringify(document, (name, value: unknown) => {
      if (typeof value !== "string") return value;
      if (name === "pgkeep/keys") return "<digest>";
      const [, mebibytes] = /^(\d+)Mi$/.exec(value) ?? [];
      if (mebibytes !== undefined && Number(mebibytes) % 1024 === 0) return `${Number(mebibytes) / 1024}Gi`;
      const text = /^[A-Za-z0-9+/]{64,}={0,2}$/.test(value) ? Buffer.from(value, "base64").toString() : value;
      return text.search(key) >= 0 ? text.replaceAll(key, "ssh-ed25519 <key>") : value;
    }),
  ) as T;
}
