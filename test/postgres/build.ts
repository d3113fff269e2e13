import {
  parseEnvironment,
  type EnvironmentInput,
  type KvmEnvironmentInput,
} from "../../components/declaration/index.js";
import { guestOf } from "../../components/postgres/index.js";
import { recoveryPlan, type PlanGuest, type RecoveryPlan } from "../../components/recovery/plan.js";
import { kvmEnvironment } from "../fixtures/environment.js";

/** The fixture's plan after a change of its declaration. */
export function planOf(change: (input: KvmEnvironmentInput) => void = () => undefined): RecoveryPlan {
  const input = kvmEnvironment();
  change(input);
  return recoveryPlan(parseEnvironment(input));
}

/** The first member, and the plan it belongs to. */
export function memberOf(change?: (input: KvmEnvironmentInput) => void): [RecoveryPlan, PlanGuest] {
  const plan = planOf(change);
  return [plan, guestOf(plan, "pg-a1")];
}

/** The redirect by address instead of by name. */
export function withVip(input: EnvironmentInput): void {
  input.failover.redirect = { kind: "vip", address: "10.77.1.100" };
}
