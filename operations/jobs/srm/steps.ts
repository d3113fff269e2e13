import type { EvidenceStep } from "../../evidence/index.js";
import type { StepView } from "../../ports/index.js";

/**
 * The steps of a run as they were last seen with a time: SRM forgets them when a plan is ready again, so they are collected while it
 * runs.
 */
export class SeenSteps {
  private readonly seen = new Map<string, StepView>();

  add(steps: readonly StepView[]): void {
    for (const step of steps) {
      const idle = step.started === undefined && step.status === "INACTIVE";
      if (!idle || !this.seen.has(step.number)) this.seen.set(step.number, step);
    }
  }

  get all(): readonly StepView[] {
    return [...this.seen.values()];
  }

  /** What runs now. */
  get current(): string | undefined {
    return this.all.findLast(({ status }) => status === "RUNNING")?.title;
  }

  /** Steps that failed, with what they say. */
  get failed(): readonly StepView[] {
    return this.all.filter(({ status }) => status === "ERROR" || status === "CANCELLED");
  }

  /** For the record. @param ended when the run has ended, for a step whose end was not seen */
  records(ended: Date): EvidenceStep[] {
    return this.all.map((step) => recordOf(step, ended));
  }
}

function recordOf(
  { number, title, status, started, finished, problems }: StepView,
  ended: Date,
): EvidenceStep {
  const from = started ?? ended;
  const to = started === undefined ? from : (finished ?? ended);
  return {
    id: `P${number}`,
    name: title,
    started: from.toISOString(),
    duration: Math.max(0, to.getTime() - from.getTime()) / 1000,
    outcome: outcomeOf(status, started),
    detail: [status, ...problems].join(": ").slice(0, 2000),
  };
}

function outcomeOf(status: string, started: Date | undefined): EvidenceStep["outcome"] {
  if (status === "ERROR" || status === "CANCELLED") return "failed";
  return started === undefined || status === "SKIPPED" || status === "ALREADY_DONE" ? "skipped" : "passed";
}
