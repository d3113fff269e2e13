import { planState, type PlanStatus } from "../../../components/srm/client/plan-states.js";
import type { EvidenceKind } from "../../evidence/index.js";
import type { PlanOperation, PlanView } from "../../ports/index.js";

/** What an operation needs of a plan, and what it makes of it. */
export interface OperationRules {
  readonly kind: EvidenceKind;
  /** For people. */
  readonly title: string;
  /** States in which it is started, for the first time or to go on after an error. */
  readonly start: readonly PlanStatus[];
  readonly running: PlanStatus;
  /** States after it has ended well. */
  readonly done: readonly PlanStatus[];
}

export const OPERATIONS: Readonly<Record<PlanOperation, OperationRules>> = {
  test: {
    kind: "srm-test",
    title: "test",
    start: ["READY_STATE", "TEST_INTERRUPTED"],
    running: "TEST_IN_PROGRESS",
    done: ["TEST_COMPLETE"],
  },
  cleanup: {
    kind: "srm-cleanup",
    title: "cleanup after the test",
    start: ["TEST_COMPLETE", "TEST_INTERRUPTED", "CLEANUP_INCOMPLETE", "CLEANUP_INTERRUPTED"],
    running: "CLEANUP_IN_PROGRESS",
    done: ["READY_STATE"],
  },
  recovery: {
    kind: "srm-recovery",
    title: "recovery",
    start: ["READY_STATE", "INCOMPLETE_RECOVERY", "RECOVERY_INTERRUPTED", "RECOVERY_SPLIT_BRAIN"],
    running: "RECOVERY_IN_PROGRESS",
    done: ["RECOVERY_COMPLETE", "DISASTER_RECOVERY_COMPLETE"],
  },
  reprotect: {
    kind: "srm-reprotect",
    title: "reprotection",
    start: ["RECOVERY_COMPLETE", "INCOMPLETE_REPROTECT", "REPROTECT_INTERRUPTED"],
    running: "REPROTECT_IN_PROGRESS",
    done: ["READY_STATE"],
  },
};

/** What a call of the command does. */
export type Decision =
  | { readonly do: "start" }
  /** It runs already: somebody else, or a call of ours that was killed, has started it. */
  | { readonly do: "join" }
  /** It has ended. */
  | { readonly do: "nothing" }
  | { readonly do: "refuse"; readonly why: string; readonly remedy: string };

/**
 * From the state of a plan alone: no call leaves anything behind that the next one would have to trust.
 *
 * @param active do the steps of this very operation run? SRM names some states alike for all of them.
 */
export function decide(
  operation: PlanOperation,
  { name, status }: Pick<PlanView, "name" | "status">,
  active: boolean,
): Decision {
  const { start, running, done } = OPERATIONS[operation];
  if (status === running) return { do: "join" };
  if (active && (status === "WAITING_FOR_USER_INPUT" || status === "CANCEL_IN_PROGRESS"))
    return { do: "join" };
  if (start.includes(status)) return { do: "start" };
  if (done.includes(status)) return { do: "nothing" };
  const { meaning, remedy } = planState(status);
  return { do: "refuse", why: `recovery plan ${name} is ${status}: ${meaning}`, remedy };
}
