import type { Subject } from "../../../policy/index.js";

/** Resources that break one rule, with words of what must be said about each, and others that keep it. */
export interface RuleRow {
  readonly rule: string;
  readonly violating: readonly (readonly [resource: Subject, says: RegExp])[];
  /** Those that stand near a violation; every compliant fixture is judged anyway. */
  readonly compliant?: readonly Subject[];
}

export type RuleTable = readonly RuleRow[];
