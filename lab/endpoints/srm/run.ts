import type { Fields } from "../common/answers.js";
import type { Callout, Line, Mode } from "./recovery-steps.js";

export type StepStatus =
  "INACTIVE" | "RUNNING" | "SKIPPED" | "ALREADY_DONE" | "SUCCESS" | "WARNING" | "ERROR" | "CANCELLED";

export interface RunStep {
  readonly line: Line;
  status: StepStatus;
  started?: number;
  finished?: number;
  message?: string;
  prompt?: { readonly id: string; dismissedAt?: number };
}

/** How a workflow is run. */
export interface RunOptions {
  readonly mode: Mode;
  readonly user: string;
  readonly key: number;
  readonly task: string;
  /** Milliseconds that each step takes. */
  readonly stepDuration: number;
  /** Goes on after an error: tests and forced workflows do. */
  readonly tolerant: boolean;
  /** Steps that need the protected site do without it when it is away. */
  readonly disaster: boolean;
  /** Titles of steps that an earlier run has done. */
  readonly alreadyDone: readonly string[];
  /** Is the protected site there? */
  readonly protectedSiteUp: () => boolean;
  /** What goes wrong with a step of this title. */
  readonly failure: (title: string) => string | undefined;
}

/** One run of a workflow, step after step. */
export class Run {
  readonly steps: RunStep[];
  readonly started = Date.now();
  finished: number | undefined;
  /** A step failed and the run stopped there. */
  stopped = false;

  constructor(
    lines: readonly Line[],
    readonly options: RunOptions,
  ) {
    this.steps = lines.map((line) => ({
      line,
      status: options.alreadyDone.includes(titleOf(line)) ? "ALREADY_DONE" : "INACTIVE",
    }));
  }

  get waiting(): RunStep | undefined {
    return this.steps.find(
      ({ status, prompt }) =>
        status === "RUNNING" && prompt !== undefined && prompt.dismissedAt === undefined,
    );
  }

  get progress(): number {
    const over = this.steps.filter(({ status }) => !["INACTIVE", "RUNNING"].includes(status)).length;
    return this.steps.length === 0 ? 100 : Math.min(99, Math.floor((100 * over) / this.steps.length));
  }

  errors(): string[] {
    return this.steps.flatMap(({ status, message }) => (status === "ERROR" ? [message ?? ""] : []));
  }

  warnings(): string[] {
    return this.steps.flatMap(({ status, message }) => (status === "WARNING" ? [message ?? ""] : []));
  }

  /** Lets time pass. */
  advance(now: number): void {
    let at = this.started;
    for (const step of this.steps) {
      if (this.finished !== undefined) return;
      if (step.finished !== undefined) at = step.finished;
      if (!["INACTIVE", "RUNNING"].includes(step.status)) continue;
      if (step.status === "INACTIVE") this.begin(step, at);
      const end = this.endOf(step);
      if (end === undefined || end > now) return;
      this.end(step, end);
      at = end;
      if (step.status === "ERROR" && !this.options.tolerant) {
        this.stopped = true;
        this.finished = at;
      }
    }
    this.finished ??= at;
  }

  /** The server went away in the middle. */
  interrupt(now: number): void {
    for (const step of this.steps) if (step.status === "RUNNING") step.status = "CANCELLED";
    this.finished = now;
  }

  private begin(step: RunStep, at: number): void {
    step.status = "RUNNING";
    step.started = at;
    const { callout } = step.line;
    if (callout?.callout_type === "PROMPT") step.prompt = { id: `prompt-${callout.id}` };
  }

  private endOf({ started = 0, prompt }: RunStep): number | undefined {
    if (prompt !== undefined) return prompt.dismissedAt;
    return started + this.options.stepDuration;
  }

  private end(step: RunStep, at: number): void {
    step.finished = at;
    const title = titleOf(step.line);
    const failure = this.options.failure(title);
    const away = step.line.callout === undefined && step.line.system.protectedSite === true;
    if (failure !== undefined) {
      step.status = "ERROR";
      step.message = failure;
    } else if (away && !this.options.protectedSiteUp()) {
      step.status = this.options.disaster || this.options.mode === "test" ? "WARNING" : "ERROR";
      step.message = `${title}: the protected site is not reachable`;
    } else step.status = "SUCCESS";
  }
}

export function titleOf({ callout, ...line }: Line): string {
  return callout === undefined ? (line as { system: { title: string } }).system.title : callout.name;
}

/** Steps as the API lists them; without a run, as they would be run. */
export function listSteps(lines: readonly Line[], run: Run | undefined): Fields[] {
  const steps: readonly Partial<RunStep>[] = run?.steps ?? [];
  const shown = run === undefined ? lines : run.steps.map(({ line }) => line);
  const index = new Map<string, number>();
  return shown.map((line, i) => {
    const step = steps[i];
    const callout: Callout | undefined = line.callout;
    const before = index.get(callout?.position ?? "") ?? 0;
    if (callout !== undefined) index.set(callout.position, before + 1);
    return {
      id: i + 1,
      step_number: String(i + 1),
      title: titleOf(line),
      child_count: 0,
      depth: 0,
      expanded: false,
      progress: step?.status === undefined || step.status === "INACTIVE" ? 0 : 100,
      status: step?.status ?? "INACTIVE",
      ...(step?.started === undefined ? {} : { start_time: step.started }),
      finish_time: step?.finished ?? null,
      warnings: step?.status === "WARNING" ? [step.message] : [],
      errors: step?.status === "ERROR" ? [step.message] : [],
      ...(callout === undefined
        ? {}
        : {
            plan_callout_position_spec: {
              position_spec_index: before,
              position_spec_position: callout.position,
            },
          }),
    };
  });
}
