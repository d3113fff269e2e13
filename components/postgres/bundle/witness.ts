import type { Secrets } from "../../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../../recovery/plan.js";
import { guestNetwork } from "../addresses.js";
import { backupTimers } from "../backup-timers.js";
import { guestVolumes } from "../cloud-init.js";
import { ACCOUNTS, UNITS } from "../layout.js";
import { commonParts, directory } from "./common.js";
import type { GuestBundle } from "./types.js";

/** Bundle of the witness: a vote in etcd and the backup repository, no database. */
export function witnessBundle(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): GuestBundle {
  const common = commonParts(plan, secrets, guest);
  const timers = backupTimers(plan, guest);
  return {
    format: "pgkeep/guest-bundle/1",
    network: guestNetwork(plan, guest),
    volumes: guestVolumes(plan, guest),
    directories: [
      ...common.directories,
      directory(plan.environment.backup.repository.path, "0750", ACCOUNTS.postgres),
    ],
    files: [...common.files, ...timers.files],
    commands: common.commands,
    services: [...common.services, ...common.backup, ...timers.services],
    disabled: [UNITS.patroni, UNITS.keepalived],
  };
}
