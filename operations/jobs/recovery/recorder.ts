import { crashPoint } from "../../crash.js";
import { EXIT, messageOf, OperationError } from "../../errors.js";
import { sha256, type EvidenceStep } from "../../evidence/index.js";
import type { Output } from "../../output.js";
import type { Clock } from "../../ports/index.js";

/** What a step saw. */
export interface Seen {
  /** One line for the record. */
  readonly detail: string;
  /** Output that was judged; its hash goes into the record. */
  readonly output?: string;
}

/** Runs the steps of a drill: tells people, measures, keeps what was seen, and never lets a failure pass in silence. */
export class Recorder {
  readonly steps: EvidenceStep[] = [];
  readonly findings: string[] = [];
  readonly started: Date;
  private readonly began: number;

  constructor(
    private readonly output: Output,
    private readonly clock: Clock,
  ) {
    this.started = clock.now();
    this.began = clock.monotonic();
  }

  /** Seconds since the start of the drill. */
  elapsed(): number {
    return this.clock.monotonic() - this.began;
  }

  /** Moment at `seconds` since the start. */
  at(seconds: number): Date {
    return new Date(this.started.getTime() + seconds * 1000);
  }

  /** Runs a step; true when it passed. A failure is noted as a finding. */
  async step(id: string, name: string, action: () => Promise<Seen | string>): Promise<boolean> {
    this.output.step(`${id} ${name}`);
    const from = this.elapsed();
    let outcome: EvidenceStep["outcome"] = "passed";
    let seen: Seen;
    try {
      const result = await action();
      seen = typeof result === "string" ? { detail: result } : result;
    } catch (error) {
      const known = error instanceof OperationError ? error : undefined;
      outcome = known?.exitCode === EXIT.refused ? "refused" : "failed";
      const remedy = known?.remedy === undefined ? "" : ` (what helps: ${known.remedy})`;
      seen = { detail: messageOf(error) };
      this.fail(`${id} ${name}: ${messageOf(error)}${remedy}`);
    }
    this.output.info(`${outcome}: ${seen.detail}`);
    this.steps.push({
      id,
      name,
      started: this.at(from).toISOString(),
      duration: Math.round((this.elapsed() - from) * 1000) / 1000,
      outcome,
      detail: seen.detail.slice(0, 2000),
      ...(seen.output === undefined ? {} : { outputHash: sha256(seen.output) }),
    });
    crashPoint(id);
    return outcome === "passed";
  }

  /** Notes a step that did not run, and why. */
  skip(id: string, name: string, why: string): void {
    this.steps.push({
      id,
      name,
      started: this.at(this.elapsed()).toISOString(),
      duration: 0,
      outcome: "skipped",
      detail: why,
    });
  }

  /** Makes the drill fail. */
  fail(finding: string): void {
    this.findings.push(finding);
    this.output.warn(finding);
  }

  get verdict(): "passed" | "failed" {
    return this.findings.length === 0 &&
      this.steps.every(({ outcome }) => outcome === "passed" || outcome === "skipped")
      ? "passed"
      : "failed";
  }
}
