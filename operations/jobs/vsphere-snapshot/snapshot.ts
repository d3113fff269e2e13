import { EXIT, type ExitCode, OperationError } from "../../errors.js";
import type { EvidenceRecord } from "../../evidence/index.js";
import { withGuestLock } from "../lock.js";
import { writeEvidence } from "../recovery/evidence.js";
import { Recorder } from "../recovery/recorder.js";
import type { Pruned } from "../retention.js";
import type { VmJob } from "./job.js";
import { Run } from "./run.js";

/** What a snapshot of a VM gave. */
export interface VmSnapshotResult {
  readonly ok: true;
  readonly guest: string;
  readonly copy: string;
  readonly pruned: Pruned;
  readonly record: EvidenceRecord;
}

/**
 * First level of backup on vSphere: a checkpoint, a quiesced snapshot without memory, the proof that it stands, is quiesced and has every
 * disk, and retention. Safe to kill at any step: vCenter makes a snapshot whole or not at all, and every run judges all of them anew.
 *
 * @throws OperationError when the verdict is not passed; the evidence is written all the same
 */
export async function vmSnapshot(
  job: VmJob,
  options: { readonly evidence: string },
): Promise<VmSnapshotResult> {
  const { context, target } = job;
  const { guest } = target;
  return withGuestLock(context, context.host(guest.host), guest.name, "snapshot", async () => {
    const run = new Run(job, new Recorder(context.output, context.clock));
    await run.work();
    const record = await writeEvidence(context, options.evidence, "snapshot", run.recorder, {
      systemIdentifier: run.position?.systemIdentifier,
      ...(run.copy === undefined ? {} : { backup: { label: run.copy } }),
    });
    if (record.verdict === "failed" || run.copy === undefined) throw failure(guest.name, record);
    return { ok: true, guest: guest.name, copy: run.copy, pruned: run.pruned, record };
  });
}

/** The findings already say what helps. */
function failure(guest: string, { findings, steps, id }: EvidenceRecord): OperationError {
  const refused = steps.some(({ outcome }) => outcome === "refused");
  const code: ExitCode = refused ? EXIT.refused : EXIT.failed;
  return new OperationError(`snapshot of ${guest}: ${findings.join("; ")}`, `the record is ${id}`, code);
}
