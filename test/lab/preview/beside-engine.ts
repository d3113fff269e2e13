import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { checkoutRoot } from "../../../lab/places.js";
import { readStackFile } from "../../../operations/declaration-file.js";
import { previewEnvironment } from "../../../preview/index.js";
import { disagreements, type EngineDigest } from "../../preview/agreement.js";
import { configured } from "../../preview/configured.js";

/** A stack that does not exist yet, and the engine that can preview it. */
export interface Previewed {
  readonly stack: string;
  /** The stack's file, as the engine reads it. */
  readonly config: string;
  /** Runs the engine with these arguments. @returns what it prints */
  readonly engine: (args: readonly string[]) => Promise<string>;
}

/** What `pgkeep preview` says of a stack, and everything in which the engine's own preview contradicts it. */
export async function besideEngine({ stack, config: file, engine }: Previewed): Promise<{
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
  return { contradictions: disagreements(resources, digest), ok, notes, resources: resources.length };
}
