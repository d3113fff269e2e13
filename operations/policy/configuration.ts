import { readFileSync } from "node:fs";
import {
  readConfiguration,
  RULES,
  unconfigured,
  type Rule,
  type RuleConfiguration,
} from "../../policy/offline.js";
import { messageOf, UsageError } from "../errors.js";

/** Reads a document of JSON. @throws UsageError with the file, what is wrong and what would be right */
export function readJson(file: string, remedy: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, remedy);
  }
}

/**
 * What a configuration of the pack says about each rule.
 *
 * @param file as `--policy-pack-config` of Pulumi takes it; undefined: every rule at its own level, without exemptions
 * @throws UsageError with everything that is wrong in it
 */
export function configuredBy(file: string | undefined): (rule: Rule) => RuleConfiguration {
  if (file === undefined) return unconfigured;
  const read = readConfiguration(readJson(file, "a configuration of the pack in JSON"), RULES);
  if (!read.ok) throw new UsageError(`${file}: ${read.problems.join("; ")}`, "see docs/policy.md");
  return read.of;
}
