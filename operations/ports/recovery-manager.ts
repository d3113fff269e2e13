import type { PlanStatus } from "../../components/srm/client/plan-states.js";
import { OperationError } from "../errors.js";

/** What can be done with a recovery plan of Site Recovery Manager. */
export type PlanOperation = "test" | "cleanup" | "recovery" | "reprotect";

/** A recovery plan as it is now. */
export interface PlanView {
  readonly id: string;
  readonly name: string;
  readonly status: PlanStatus;
  readonly running: boolean;
  /** Percent, while it runs. */
  readonly progress: number;
  /** Where the VMs come from, and where they are recovered to. */
  readonly from: string;
  readonly to: string;
  /** Does the server of the recovery site reach the other one? */
  readonly bothSites: boolean;
}

/** One step of a workflow. */
export interface StepView {
  readonly number: string;
  readonly title: string;
  readonly status: string;
  readonly started?: Date | undefined;
  readonly finished?: Date | undefined;
  /** Errors and warnings. */
  readonly problems: readonly string[];
}

/** A run that has ended, from the plan's history. */
export interface RunView {
  readonly key: string;
  readonly started: Date;
  /** Seconds. */
  readonly duration: number;
  readonly result: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export interface PlanTask {
  readonly running: boolean;
  /** Percent. */
  readonly progress: number;
  /** What went wrong; empty when nothing did. */
  readonly error: string;
}

/** How an operation is run. */
export interface PlanSettings {
  /** Recovery: nothing may be lost, and the protected site takes part. */
  readonly planned?: boolean;
  /** Cleanup and reprotection: go on in spite of errors, which may leave things behind. */
  readonly forced?: boolean;
}

/** The connection broke while an operation was started: the plan's state has to say what became of it. */
export class UncertainStartError extends OperationError {
  constructor(message: string) {
    super(message, "run the same command again: it finds a run that was started, and joins it");
  }
}

/** SRM does not answer; what it runs goes on without us. */
export class SrmUnreachableError extends OperationError {
  constructor(message: string) {
    super(message, "when the server is back, run the same command again: it joins a run that goes on");
  }
}

/** Site Recovery Manager at the site that a plan recovers to. */
export interface RecoveryManager {
  plan(): Promise<PlanView>;
  /**
   * Starts an operation.
   *
   * @returns the task
   * @throws UncertainStartError when nobody knows whether it was started
   */
  start(operation: PlanOperation, settings: PlanSettings): Promise<string>;
  task(id: string): Promise<PlanTask>;
  /** A task of the plan that somebody started and that still runs. */
  runningTask(): Promise<string | undefined>;
  /** Steps of the workflow; nothing while another one runs. */
  steps(operation: PlanOperation): Promise<readonly StepView[]>;
  /** The newest run of this kind within a week. */
  lastRun(operation: PlanOperation): Promise<RunView | undefined>;
  prompts(): Promise<readonly { readonly id: string; readonly text: string }[]>;
  dismiss(prompt: string): Promise<void>;
  close(): Promise<void>;
}
