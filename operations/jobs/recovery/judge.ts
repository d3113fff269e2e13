import type { EvidenceBody } from "../../evidence/index.js";
import type { Recorder } from "./recorder.js";

/** An objective that was missed fails the drill. */
export function judge(
  recorder: Pick<Recorder, "fail">,
  { rtoSeconds, rpoSeconds }: EvidenceBody["measured"],
  objectives: NonNullable<EvidenceBody["objectives"]>,
): void {
  if (rtoSeconds !== undefined && rtoSeconds > objectives.rtoSeconds)
    recorder.fail(`recovery took ${rtoSeconds} s; the objective is ${objectives.rtoSeconds} s`);
  if (rpoSeconds !== undefined && rpoSeconds > objectives.rpoSeconds)
    recorder.fail(
      `${rpoSeconds} s of acknowledged rows were lost; the objective is ${objectives.rpoSeconds} s`,
    );
}
