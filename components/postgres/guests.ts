import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";

/** The database servers, in the order of the declaration. */
export function membersOf(plan: RecoveryPlan): readonly PlanGuest[] {
  return plan.guests.filter(({ kind }) => kind === "member");
}

/** The guest that votes and keeps backups but holds no database. */
export function witnessOf(plan: RecoveryPlan): PlanGuest | undefined {
  return plan.guests.find(({ kind }) => kind === "witness");
}

/** The database servers other than this guest. */
export function peersOf(plan: RecoveryPlan, guest: PlanGuest): readonly PlanGuest[] {
  return membersOf(plan).filter(({ name }) => name !== guest.name);
}

/**
 * The guest of a name.
 *
 * @throws RangeError that names the guests of the plan
 */
export function guestOf(plan: RecoveryPlan, name: string): PlanGuest {
  const guest = plan.guests.find((candidate) => candidate.name === name);
  if (guest === undefined)
    throw new RangeError(
      `"${name}" is not a guest of this environment; give one of ${plan.guests.map((g) => g.name).join(", ")}`,
    );
  return guest;
}

/**
 * Addresses on which a member's PostgreSQL listens, its own client address first, and last the address that follows the
 * primary, if there is one. Every member binds that one, long before it carries it: see renderSysctl.
 */
export function listenAddresses(plan: RecoveryPlan, { addresses }: PlanGuest): readonly string[] {
  const { redirect } = plan.environment.failover;
  return [addresses.client, addresses.replication, ...(redirect.kind === "vip" ? [redirect.address] : [])];
}

/** A secret that parseSecrets has promised to be there. */
export function secretOf(values: Readonly<Record<string, string>>, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined)
    throw new TypeError(`the secrets were not checked by parseSecrets: ${name} is missing`);
  return value;
}
