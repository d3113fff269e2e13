import { OperationError } from "../../errors.js";
import type { Output } from "../../output.js";
import {
  SrmUnreachableError,
  type Clock,
  type PlanOperation,
  type PlanView,
  type RecoveryManager,
} from "../../ports/index.js";
import type { SeenSteps } from "./steps.js";

export interface FollowOptions {
  /** Seconds between two looks. */
  readonly poll: number;
  /** Seconds for the whole run. */
  readonly patience: number;
  /** Seconds for which SRM may be silent: an appliance that restarts takes some minutes. */
  readonly silence: number;
  /** Answer every prompt as a person would who has read it. */
  readonly dismissPrompts: boolean;
}

/** How a run ended. */
export interface Ending {
  readonly plan: PlanView;
  /** What its task says went wrong; empty when nothing did, or when the task is not known. */
  readonly error: string;
}

/**
 * Watches a run until it ends, collects its steps, and tells people about it. SRM may be away for a while: what it runs goes on.
 *
 * @param task the run's task, when it is known
 */
export async function follow(
  manager: RecoveryManager,
  { output, clock }: { readonly output: Output; readonly clock: Clock },
  operation: PlanOperation,
  task: string | undefined,
  seen: SeenSteps,
  options: FollowOptions,
): Promise<Ending> {
  const began = clock.monotonic();
  const told = new Set<string>();
  let silentSince: number | undefined;
  for (;;) {
    try {
      const ending = await look(manager, output, operation, task, seen, told, options.dismissPrompts);
      silentSince = undefined;
      if (ending !== undefined) return ending;
    } catch (error) {
      if (!(error instanceof SrmUnreachableError)) throw error;
      if (silentSince === undefined) output.warn(`${error.message}; what runs goes on, looking again`);
      silentSince ??= clock.monotonic();
      if (clock.monotonic() - silentSince > options.silence) throw error;
    }
    if (clock.monotonic() - began > options.patience)
      throw new OperationError(
        `the ${operation} has not ended within ${Math.round(options.patience / 60)} minutes; it goes on`,
        "run the same command again: it joins the run",
      );
    await clock.sleep(options.poll);
  }
}

async function look(
  manager: RecoveryManager,
  output: Output,
  operation: PlanOperation,
  task: string | undefined,
  seen: SeenSteps,
  told: Set<string>,
  dismissPrompts: boolean,
): Promise<Ending | undefined> {
  // The steps before the state: once the plan is ready again, they are gone.
  seen.add(await manager.steps(operation));
  const state = task === undefined ? undefined : await manager.task(task);
  const plan = await manager.plan();
  if (!plan.running && state?.running !== true) {
    seen.add(await manager.steps(operation));
    return { plan, error: state?.error ?? "" };
  }
  if (plan.status === "WAITING_FOR_USER_INPUT")
    for (const { id, text } of await manager.prompts()) {
      if (dismissPrompts) {
        output.info(`prompt dismissed: ${text}`);
        await manager.dismiss(id);
      } else if (!told.has(id)) output.warn(`SRM waits for an answer: ${text}`);
      told.add(id);
    }
  output.progress(seen.current ?? operation, Math.max(plan.progress, state?.progress ?? 0) / 100);
  return undefined;
}
