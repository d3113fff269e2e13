import { changesBetween, derivedModel, type AccessChange } from "../../components/access/index.js";
import { PORTS } from "../../components/postgres/index.js";
import type { RecoveryPlan } from "../../components/recovery/index.js";

/** What a change of the declaration opens and closes, exactly: no packet is forgotten. */
export function accessDiff(before: RecoveryPlan, after: RecoveryPlan): readonly AccessChange[] {
  return changesBetween(derivedModel(before, PORTS), derivedModel(after, PORTS), PORTS.postgres);
}
