import type { Context } from "../context.js";
import { OperationError, UsageError } from "../errors.js";
import {
  forecastVmSnapshot,
  look,
  vmJob,
  vmSnapshot,
  type VmCopy,
  type VmSnapshotForecast,
  type VmSnapshotResult,
  type VmTarget,
} from "../jobs/vsphere-snapshot/index.js";

/** Takes a snapshot of a VM of vCenter, or says what it would do. */
export function takeVm(
  context: Context,
  target: VmTarget,
  evidence: string,
): Promise<VmSnapshotResult | VmSnapshotForecast> {
  const job = vmJob(context, target);
  return context.dryRun ? forecastVmSnapshot(job) : vmSnapshot(job, { evidence });
}

export function vmSummary(result: VmSnapshotResult | VmSnapshotForecast): string {
  if ("copy" in result) {
    const { guest, copy, pruned } = result;
    const removed = pruned.removed.length === 0 ? "" : `, removed ${pruned.removed.join(", ")}`;
    return `${guest}: ${copy}; kept ${pruned.kept.length}${removed}`;
  }
  const { guest, disks, prune } = result;
  return [
    `${guest}: would take a snapshot of ${disks.join(", ")}`,
    ...prune.removed.map((copy) => `${guest}: would remove ${copy}`),
  ].join("\n");
}

/** Snapshots of ours, from old to new, each judged by what vCenter shows now. */
export async function listVm(context: Context, target: VmTarget): Promise<readonly VmCopy[]> {
  return (await look(vmJob(context, target))).found.own;
}

/** Judges one snapshot anew, by default the newest. @throws OperationError when it is not good or there is none */
export async function verifyVm(context: Context, target: VmTarget, name?: string): Promise<VmCopy> {
  const own = await listVm(context, target);
  const copy = name === undefined ? own.at(-1) : own.find((candidate) => candidate.name === name);
  if (copy === undefined)
    throw new OperationError(
      `there is no such snapshot of ${target.guest.name}`,
      "see `pgkeep snapshot list`",
    );
  if (!copy.good)
    throw new OperationError(
      `the snapshot ${copy.name} of ${target.guest.name} is not good: ${copy.problems.join("; ")}`,
    );
  return copy;
}

/** A snapshot in vCenter is no copy that could start beside its VM. */
export function refuseRestore({ guest, path }: VmTarget): never {
  throw new UsageError(
    `a snapshot of ${guest.name} cannot be started beside it: it rests on the VM's own disks`,
    `clone the VM from the snapshot without its networks, or revert it: govc snapshot.revert -vm ${path} NAME`,
  );
}
