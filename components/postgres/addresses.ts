import { machines, type Purpose } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import type { BundleNetwork } from "./bundle/types.js";
import { INTERFACES } from "./layout.js";

/** Address of a guest on a network, with the network's length. */
export function interfaceAddress({ environment }: RecoveryPlan, guest: PlanGuest, purpose: Purpose): string {
  const length = machines(environment).networks[purpose].split("/")[1] ?? "";
  return `${guest.addresses[purpose]}/${length}`;
}

/** What the interfaces of a guest carry since its first start. */
export function guestNetwork(plan: RecoveryPlan, guest: PlanGuest): BundleNetwork {
  const { gateway } = machines(plan.environment);
  return {
    interfaces: (["management", "client", "replication"] as const).map((purpose) => ({
      device: INTERFACES[purpose],
      address: interfaceAddress(plan, guest, purpose),
    })),
    ...(gateway === undefined ? {} : { gateway }),
  };
}
