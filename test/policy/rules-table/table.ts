import type { Subject } from "../../../policy/index.js";

/** One resource, or a stack of them. */
export type Case = Subject | readonly Subject[];

/** What breaks one rule, with words of what must be said about each, and what keeps it. */
export interface RuleRow {
  readonly rule: string;
  readonly violating: readonly (readonly [broken: Case, says: RegExp])[];
  /** Those that stand near a violation; every compliant fixture is judged anyway. A rule about the stack needs one. */
  readonly compliant?: readonly Case[];
}

export type RuleTable = readonly RuleRow[];

/** The resources of a case. */
export function resourcesOf(each: Case): readonly Subject[] {
  return "inputs" in each ? [each] : each;
}
