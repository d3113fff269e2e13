import type { Answer, Fields } from "../common/answers.js";
import { badRequest, notFound } from "./answers.js";

/** An object that NSX will not bring about. */
interface Failure {
  readonly path: string;
  readonly message: string;
}

/** What the enforcement points have made of the intent: later than the intent, and not always. */
export class Realization {
  private readonly since = new Map<string, number>();
  private failures: Failure[] = [];

  constructor(
    /** Milliseconds from the intent to the rule in force. */
    private readonly delay: number,
  ) {}

  /** Objects were written. */
  begin(paths: Iterable<string>): void {
    for (const path of paths) this.since.set(path, Date.now());
  }

  /** Everything that was written so far has had its time. */
  settle(): void {
    this.since.clear();
  }

  /** From now on, the object cannot be brought about; undefined means that it can again. */
  fail(path: string, message: string | undefined): void {
    this.failures = this.failures.filter((failure) => failure.path !== path);
    if (message !== undefined) this.failures.push({ path, message });
  }

  status(path: string | null, exists: (path: string) => boolean): Answer {
    if (path === null || path === "") throw badRequest("intent_path is missing");
    if (!exists(path)) throw notFound(path);
    const done = Date.now() - (this.since.get(path) ?? 0) >= this.delay;
    const failed = this.failures.some(
      (failure) => failure.path === path || failure.path.startsWith(`${path}/`),
    );
    const [publish, consolidated] = !done
      ? ["UNREALIZED", "IN_PROGRESS"]
      : failed
        ? ["ERROR", "ERROR"]
        : ["REALIZED", "SUCCESS"];
    return {
      status: 200,
      body: {
        intent_path: path,
        publish_status: publish,
        consolidated_status: { consolidated_status: consolidated },
      },
    };
  }

  alarms(): Fields[] {
    return this.failures.map(({ path, message }, i) => ({
      resource_type: "PolicyAlarmResource",
      id: `alarm-${i}`,
      source_reference: path,
      message,
      error_details: { error_code: 500_000, error_message: "realization failed" },
    }));
  }
}
