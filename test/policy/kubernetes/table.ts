import { stackWith, type Added, type Change } from "./change.js";
import type { Subject } from "../../../policy/index.js";

/** A stack that differs from the compliant one. */
export type Variation =
  | Change
  | {
      readonly changes?: readonly Change[];
      readonly without?: readonly string[];
      readonly added?: Readonly<Record<string, Added>>;
    };

/** Variations that break one rule, with words of what must be said about each, and others that stand near and keep it. */
export interface Row {
  readonly rule: string;
  readonly violating: readonly (readonly [variation: Variation, says: RegExp])[];
  readonly near?: readonly Variation[];
}

export function isChange(variation: Variation): variation is Change {
  return Array.isArray(variation);
}

export function varied(variation: Variation): Subject[] {
  return stackWith(isChange(variation) ? { changes: [variation] } : variation);
}

export const POD = "spec.template.spec";
export const SERVER = `${POD}.containers[0]`;
/** The pod of a CronJob. */
export const JOB_POD = "spec.jobTemplate.spec.template.spec";
export const JOB = `${JOB_POD}.containers[0]`;
