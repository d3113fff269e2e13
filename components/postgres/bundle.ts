import type { Secrets } from "../declaration/index.js";
import type { RecoveryPlan } from "../recovery/plan.js";
import { memberBundle } from "./bundle/member.js";
import type { GuestBundle } from "./bundle/types.js";
import { witnessBundle } from "./bundle/witness.js";
import { guestOf } from "./guests.js";

export type {
  BundleCommand,
  BundleDirectory,
  BundleFile,
  BundleService,
  GuestBundle,
} from "./bundle/types.js";

/**
 * Everything that `pgkeep-apply` places and runs in a guest. It holds keys and passwords: keep it secret as a whole and
 * give it to the guest on stdin (`JSON.stringify`). Pure: the same plan and secrets give the same bundle.
 *
 * @throws RangeError when the plan has no guest of that name
 */
export function guestBundle(plan: RecoveryPlan, secrets: Secrets, guestName: string): GuestBundle {
  const guest = guestOf(plan, guestName);
  return guest.kind === "member" ? memberBundle(plan, secrets, guest) : witnessBundle(plan, secrets, guest);
}
