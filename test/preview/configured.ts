import assert from "node:assert/strict";
import { readConfiguration, RULES, type Rule, type RuleConfiguration } from "../../policy/index.js";

/** What a configuration of the pack says about each rule; it must be one that can be read. */
export function configured(
  document: unknown,
  rules: readonly Rule[] = RULES,
): (rule: Rule) => RuleConfiguration {
  const read = readConfiguration(document, rules);
  assert.ok(read.ok, read.ok ? "" : read.problems.join("; "));
  return read.of;
}
