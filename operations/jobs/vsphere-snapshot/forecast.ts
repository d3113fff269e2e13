import type { Pruned } from "../retention.js";
import { look, pruneSeen, type VmJob } from "./job.js";
import { requireReady } from "./preflight.js";

/** What a snapshot of a VM would do, from what stands there now. */
export interface VmSnapshotForecast {
  readonly ok: true;
  readonly guest: string;
  readonly disks: readonly string[];
  readonly prune: Pruned;
}

/** Checks everything that a snapshot would check; changes nothing. @throws what the snapshot would throw */
export async function forecastVmSnapshot(job: VmJob): Promise<VmSnapshotForecast> {
  const { context, declared, target, vcenter } = job;
  const { guest } = target;
  const seen = await look(job);
  const { machine } = seen;
  await requireReady(vcenter, machine, { disks: guest.disks.length, quiesce: declared.quiesce });
  const disks = machine.disks.map(({ label, file }) => `${label} (${file})`);
  const prune = await pruneSeen({ ...job, context: { ...context, dryRun: true } }, seen);
  return { ok: true, guest: guest.name, disks, prune };
}
