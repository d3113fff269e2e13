/**
 * The states of a recovery plan, from the published description of version 2.0.0 of the REST API. `editable` plans can be changed and
 * deleted; `running` ones do something; `remedy` is what an operator does next.
 */
export interface PlanState {
  readonly meaning: string;
  readonly editable?: true;
  readonly running?: true;
  readonly remedy: string;
}

const wait = "wait for its end, `pgkeep recovery-plan status` shows how far it is";
const again = (command: string): string => `run \`pgkeep recovery-plan ${command}\` again`;

export const PLAN_STATES = {
  READY_STATE: { meaning: "ready for a test or a recovery", editable: true, remedy: "nothing" },
  NO_PROTECTION_GROUPS: {
    meaning: "without protection groups",
    editable: true,
    remedy: "declare the protection groups of the plan and run `pulumi up`",
  },
  DIRECTION_ERROR: {
    meaning: "made of protection groups that replicate in different directions",
    editable: true,
    remedy: "recover or reprotect the groups until all have one direction",
  },
  DELETING: { meaning: "being deleted", running: true, remedy: wait },
  WAITING_FOR_USER_INPUT: {
    meaning: "paused at a prompt",
    running: true,
    remedy: "answer the prompt in the user interface of SRM, or with --dismiss-prompts",
  },
  CANCEL_IN_PROGRESS: { meaning: "being cancelled", running: true, remedy: wait },
  TEST_IN_PROGRESS: { meaning: "running a test", running: true, remedy: wait },
  PROTECTION_GROUPS_IN_USE: {
    meaning: "waiting for another plan that uses its protection groups",
    remedy: "end the other plan: let it finish, and clean up its test",
  },
  TEST_COMPLETE: {
    meaning: "tested; the test's VMs are still there",
    remedy: "run `pgkeep recovery-plan cleanup`",
  },
  TEST_INTERRUPTED: { meaning: "interrupted in a test", remedy: again("test") },
  CLEANUP_IN_PROGRESS: { meaning: "cleaning up after a test", running: true, remedy: wait },
  CLEANUP_INCOMPLETE: {
    meaning: "not cleaned up completely",
    remedy: `${again("cleanup")} when the cause is gone, or with --force`,
  },
  CLEANUP_INTERRUPTED: { meaning: "interrupted in a cleanup", remedy: again("cleanup") },
  RECOVERY_IN_PROGRESS: { meaning: "recovering", running: true, remedy: wait },
  RECOVERY_COMPLETE: {
    meaning: "recovered; nothing protects the recovered VMs yet",
    remedy: "run `pgkeep recovery-plan reprotect` when the other site is sound",
  },
  RECOVERY_STARTED: {
    meaning: "started at the other site, which cannot be asked",
    remedy: "ask the server of the recovery site, or reconnect the sites",
  },
  PARTIAL_RECOVERY: {
    meaning: "recovered in part, by another plan",
    remedy: "bring the other plan to an end",
  },
  RECOVERY_SPLIT_BRAIN: {
    meaning: "recovered, but not all was done at the protected site: VMs may run at both",
    remedy: again("run"),
  },
  DISASTER_RECOVERY_COMPLETE: {
    meaning: "recovered without the protected site, whose VMs could not be shut down",
    remedy: `${again("run")} as soon as that site is back, before anybody writes there`,
  },
  INCOMPLETE_RECOVERY: {
    meaning: "recovered with errors",
    remedy: `${again("run")} when the cause is gone; what is recovered stays`,
  },
  RECOVERY_INTERRUPTED: { meaning: "interrupted in a recovery", remedy: again("run") },
  REPROTECT_IN_PROGRESS: { meaning: "reversing the protection", running: true, remedy: wait },
  INCOMPLETE_REPROTECT: {
    meaning: "reversed with errors",
    remedy: `${again("reprotect")} when the cause is gone; what is done stays`,
  },
  PARTIAL_REPROTECT: {
    meaning: "reversed in part, by another plan",
    remedy: "bring the other plan to an end",
  },
  REPROTECT_INTERRUPTED: { meaning: "interrupted in a reprotection", remedy: again("reprotect") },
  UNKNOWN_STATE: { meaning: "in a state that SRM does not know", remedy: "look into SRM" },
  SYNC_CONFLICT: {
    meaning: "known differently at the two sites",
    remedy: "resolve the conflict in SRM",
  },
} as const satisfies Readonly<Record<string, PlanState>>;

export type PlanStatus = keyof typeof PLAN_STATES;

/** The state of a name that SRM gives; a name that is not published is an unknown state. */
export function planStatus(name: unknown): PlanStatus {
  return Object.hasOwn(PLAN_STATES, String(name)) ? (name as PlanStatus) : "UNKNOWN_STATE";
}

export function planState(status: PlanStatus): PlanState {
  return PLAN_STATES[status];
}
