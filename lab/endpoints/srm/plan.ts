import type { Fields } from "../common/answers.js";
import { SrmRefusal } from "./answers.js";
import { linesOf, type Callout, type Line, type Mode } from "./recovery-steps.js";
import { Run, titleOf, type RunOptions } from "./run.js";

/** A mapping of a network to the one that a test uses in its place. */
export interface TestNetwork {
  readonly target_network: string;
  readonly test_network: string;
}

/** What a plan becomes when a workflow of it ends. */
const OUTCOMES: Readonly<Record<Mode, { readonly done: string; readonly stopped: string }>> = {
  test: { done: "TEST_COMPLETE", stopped: "TEST_INTERRUPTED" },
  recovery: { done: "RECOVERY_COMPLETE", stopped: "INCOMPLETE_RECOVERY" },
  cleanup: { done: "READY_STATE", stopped: "CLEANUP_INCOMPLETE" },
  reprotect: { done: "READY_STATE", stopped: "INCOMPLETE_REPROTECT" },
};

const INTERRUPTED: Readonly<Record<Mode, string>> = {
  test: "TEST_INTERRUPTED",
  recovery: "RECOVERY_INTERRUPTED",
  cleanup: "CLEANUP_INTERRUPTED",
  reprotect: "REPROTECT_INTERRUPTED",
};

/** States from which a workflow may be started. */
const STARTS: Readonly<Record<Mode, readonly string[]>> = {
  test: ["READY_STATE", "TEST_INTERRUPTED"],
  recovery: ["READY_STATE", "INCOMPLETE_RECOVERY", "RECOVERY_INTERRUPTED", "RECOVERY_SPLIT_BRAIN"],
  cleanup: ["TEST_COMPLETE", "TEST_INTERRUPTED", "CLEANUP_INCOMPLETE", "CLEANUP_INTERRUPTED"],
  reprotect: ["RECOVERY_COMPLETE", "INCOMPLETE_REPROTECT", "REPROTECT_INTERRUPTED"],
};

const OPERATION: Readonly<Record<Mode, string>> = {
  test: "TEST",
  recovery: "FAILOVER",
  cleanup: "CLEANUP",
  reprotect: "REPROTECT",
};

/** A recovery plan. */
export class Plan {
  description = "";
  groups: readonly string[] = [];
  testNetworks: readonly TestNetwork[] = [];
  /** Recovery settings by name of the VM, as far as somebody set them. */
  readonly settings = new Map<string, Fields>();
  readonly callouts: Record<Mode, Callout[]> = { test: [], recovery: [], cleanup: [], reprotect: [] };
  readonly history: Fields[] = [];
  run: Run | undefined;
  private state = "READY_STATE";

  constructor(
    readonly id: string,
    public name: string,
    /** Index of the site that is protected. */
    public protectedSite: 0 | 1,
  ) {}

  /** The state; what another plan or the other site does to it is added by who asks. */
  get status(): string {
    if (this.run !== undefined && this.run.finished === undefined)
      return this.run.waiting === undefined
        ? `${this.run.options.mode.toUpperCase()}_IN_PROGRESS`
        : "WAITING_FOR_USER_INPUT";
    return this.groups.length === 0 ? "NO_PROTECTION_GROUPS" : this.state;
  }

  get running(): boolean {
    return this.run !== undefined && this.run.finished === undefined;
  }

  /** Groups cannot be used by another plan, nor anything be edited. */
  get busy(): boolean {
    return !["READY_STATE", "NO_PROTECTION_GROUPS"].includes(this.status);
  }

  lines(mode: Mode): Line[] {
    return linesOf(mode, this.callouts[mode]);
  }

  /** @throws SrmRefusal when the state forbids it */
  start(status: string, options: Omit<RunOptions, "alreadyDone">): void {
    const { mode } = options;
    if (!STARTS[mode].includes(status))
      throw new SrmRefusal(
        400,
        `${mode} cannot be run while the plan is in state ${status}`,
        "INVALID_STATE",
      );
    const again = this.run?.options.mode === mode ? this.run : undefined;
    const alreadyDone = (mode === "test" ? [] : (again?.steps ?? []))
      .filter((step) => ["SUCCESS", "ALREADY_DONE"].includes(step.status))
      .map(({ line }) => titleOf(line));
    this.run = new Run(this.lines(mode), { ...options, alreadyDone });
  }

  /** Lets the run end when its time has come; tells whether it has ended now. */
  advance(now: number): boolean {
    const { run } = this;
    if (run === undefined || run.finished !== undefined) return false;
    run.advance(now);
    if (run.finished === undefined) return false;
    this.close(run, run.stopped ? OUTCOMES[run.options.mode].stopped : this.outcome(run));
    return true;
  }

  /** SRM went away while the plan ran. */
  interrupt(now: number): void {
    const { run } = this;
    if (run === undefined || run.finished !== undefined) return;
    run.interrupt(now);
    this.close(run, INTERRUPTED[run.options.mode]);
  }

  /** The protected site is back: what could not be done there is to be done now. */
  reconnect(): void {
    if (this.state === "DISASTER_RECOVERY_COMPLETE") this.state = "RECOVERY_SPLIT_BRAIN";
  }

  private outcome(run: Run): string {
    const missing = run.options.mode === "recovery" && run.warnings().length > 0;
    return missing ? "DISASTER_RECOVERY_COMPLETE" : OUTCOMES[run.options.mode].done;
  }

  private close(run: Run, state: string): void {
    const { mode, user, key } = run.options;
    const [errors, warnings] = [run.errors(), run.warnings()];
    const interrupted = state === INTERRUPTED[mode];
    this.state = state;
    this.history.push({
      plan_name: this.name,
      username: user,
      operation_type: OPERATION[mode],
      start_time_ms: run.started,
      duration_ms: (run.finished ?? run.started) - run.started,
      result_state:
        errors.length > 0 || interrupted ? "ERRORS" : warnings.length > 0 ? "WARNINGS" : "SUCCESS",
      error_count: errors.length,
      warning_count: warnings.length,
      run_key: key,
      errors_list: errors,
      warnings_list: warnings,
    });
    if (mode === "reprotect" && state === "READY_STATE")
      this.protectedSite = this.protectedSite === 0 ? 1 : 0;
    // The steps of a plan that is ready show no run.
    if (state === "READY_STATE") this.run = undefined;
  }
}
