import type { RecoveryPlan } from "../../recovery/plan.js";

const PROGRAM = "/usr/bin/pgbackrest";

/** Program and stanza, as every call begins. */
export function pgbackrest({ stanza }: Pick<RecoveryPlan, "stanza">): string {
  return `${PROGRAM} --stanza=${stanza}`;
}

/** `archive_command`: returns 0 only when the segment is stored durably in the repository. */
export function archiveCommand(plan: RecoveryPlan): string {
  return `${pgbackrest(plan)} archive-push %p`;
}

/** `restore_command` of standbys, of pg_rewind and of point-in-time recovery. */
export function restoreCommand(plan: RecoveryPlan): string {
  return `${pgbackrest(plan)} archive-get %f "%p"`;
}
