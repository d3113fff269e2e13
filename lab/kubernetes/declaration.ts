import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import {
  parseEnvironment,
  type KubernetesEnvironment,
  type KubernetesEnvironmentInput,
} from "../../components/declaration/index.js";
import { checkoutRoot } from "../places.js";
import type { EnginePlaces } from "../run/engine.js";

/** Name of the laboratory's stack; `Pulumi.<name>.yaml` in the checkout is its declaration. */
export const KUBERNETES_STACK = "lab-kubernetes";

interface StackFile {
  config: Record<string, unknown> & { "pgkeep:environment": KubernetesEnvironmentInput };
}

/** The committed declaration, as it stands. */
export function committedEnvironment(): KubernetesEnvironmentInput {
  const file = join(checkoutRoot(), `Pulumi.${KUBERNETES_STACK}.yaml`);
  return (parse(readFileSync(file, "utf8")) as StackFile).config["pgkeep:environment"];
}

/** Writes the engine's configuration file; what it has stored encrypted stays. */
export function writeKubernetesStack(
  { config: file }: EnginePlaces,
  input: KubernetesEnvironmentInput,
  settings: Readonly<Record<string, unknown>> = {},
): KubernetesEnvironment {
  let kept: Partial<StackFile> = {};
  try {
    kept = parse(readFileSync(file, "utf8")) as Partial<StackFile>;
  } catch {
    // The first time there is none.
  }
  const config = { ...kept.config, "pgkeep:environment": input, ...settings };
  writeFileSync(file, stringify({ ...kept, config }), { mode: 0o600 });
  return parseEnvironment(input);
}
