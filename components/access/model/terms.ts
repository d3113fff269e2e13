import type { AccessModel, Rule } from "./model.js";

/** Who answers for a rule, and its last day; what is not said is absent. */
export type Terms = Pick<Rule, "owner" | "expires">;

/** A rule of both models that has another owner or another last day. */
export interface TermChange {
  readonly rule: string;
  readonly description: string;
  readonly before: Terms;
  readonly after: Terms;
}

export function termsOf({ owner, expires }: Terms): Terms {
  return { ...(owner === undefined ? {} : { owner }), ...(expires === undefined ? {} : { expires }) };
}

/** The terms in words, such as `owner team shop, until 2027-06-30`; empty when nothing is said. */
export function termWords({ owner, expires }: Terms): string {
  return [
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...(expires === undefined ? [] : [`until ${expires}`]),
  ].join(", ");
}

/** Rules that go on to stand, under other terms: no packet is decided otherwise today. */
export function termChanges(before: AccessModel, after: AccessModel): readonly TermChange[] {
  return after.rules.flatMap((rule) => {
    const old = before.rules.find(({ name }) => name === rule.name);
    if (old === undefined || (old.owner === rule.owner && old.expires === rule.expires)) return [];
    const { name, description } = rule;
    return [{ rule: name, description, before: termsOf(old), after: termsOf(rule) }];
  });
}
