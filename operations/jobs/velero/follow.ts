import { OperationError } from "../../errors.js";
import { ClusterUnreachableError, type VeleroRun } from "../../ports/index.js";
import { hasEnded } from "./judge.js";
import type { VeleroJob } from "./job.js";

/** What is asked for until it is there; an API server may be away for a while. */
export async function until<T>(
  { output, clock, watch }: Pick<VeleroJob, "output" | "clock" | "watch">,
  what: string,
  patience: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const began = clock.monotonic();
  let silentSince: number | undefined;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      silentSince = undefined;
    } catch (error) {
      if (!(error instanceof ClusterUnreachableError)) throw error;
      if (silentSince === undefined) output.warn(`${error.message}; what runs goes on, looking again`);
      silentSince ??= clock.monotonic();
      if (clock.monotonic() - silentSince > watch.silence) throw error;
    }
    if (clock.monotonic() - began > patience)
      throw new OperationError(
        `${what} has not come within ${Math.round(patience / 60)} minutes; what runs goes on`,
        "run the same command again: it goes on from here; `velero describe` and the server's log say more",
      );
    await clock.sleep(watch.poll);
  }
}

/**
 * Watches a backup or restore of Velero's until it ends, and tells people how far it is.
 *
 * @throws OperationError when it vanishes, or takes longer than there is patience
 */
export function follow<Run extends VeleroRun>(
  job: Pick<VeleroJob, "output" | "clock" | "watch">,
  name: string,
  look: () => Promise<Run | undefined>,
): Promise<Run> {
  let told = "";
  return until(job, `the end of ${name}`, job.watch.patience, async () => {
    const run = await look();
    if (run === undefined)
      throw new OperationError(
        `${name} is gone: somebody has deleted it`,
        "ask who works on Velero there, and run it again",
      );
    if (hasEnded(run)) return run;
    const { phase, items } = run;
    if (phase !== told) job.output.info(phase === "" ? `${name} waits for Velero` : `${name} is ${phase}`);
    told = phase;
    if (items.total > 0)
      job.output.progress(`${items.done} of ${items.total} objects`, items.done / items.total);
    return undefined;
  });
}
