import { applies } from "../../../policy/visitor.js";
import { KINDS, rule as ruleOf, subject } from "../fixtures.js";
import { resourcesOf, type Case, type RuleRow } from "./table.js";

const FIXTURES = KINDS.map((kind) => subject(kind));

/** What a rule is asked about and must not complain of: the fixtures of its types, and what stands near a violation. */
export function compliantOf({ rule, compliant = [] }: RuleRow): readonly Case[] {
  const asked = ruleOf(rule);
  return asked.scope === "stack"
    ? compliant
    : [...FIXTURES, ...compliant].filter((each) =>
        resourcesOf(each).some(({ type }) => applies(asked, type)),
      );
}
