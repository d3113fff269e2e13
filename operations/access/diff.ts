import {
  changesBetween,
  derivedModel,
  termChanges,
  type AccessChange,
  type AccessModel,
  type TermChange,
} from "../../components/access/index.js";
import { PORTS } from "../../components/postgres/index.js";
import type { RecoveryPlan } from "../../components/recovery/index.js";

/** What a change of the declaration does to access. */
export interface AccessDifference {
  /** What is opened and closed, exactly: no packet is forgotten. */
  readonly changes: readonly AccessChange[];
  /** Rules with another owner or another last day. */
  readonly terms: readonly TermChange[];
}

export function accessDiff(before: RecoveryPlan, after: RecoveryPlan): AccessDifference {
  return modelDiff(derivedModel(before, PORTS), derivedModel(after, PORTS));
}

/** The same of models. */
export function modelDiff(before: AccessModel, after: AccessModel): AccessDifference {
  return { changes: changesBetween(before, after, PORTS.postgres), terms: termChanges(before, after) };
}
