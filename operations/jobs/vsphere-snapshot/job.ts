import type { Context } from "../../context.js";
import { RefusedError, UsageError } from "../../errors.js";
import type { VCenter, VirtualMachine, VmDisk } from "../../ports/index.js";
import type { Pruned } from "../retention.js";
import { inventory, type Inventory } from "./copies.js";
import { ownerOf, type Owner } from "./ownership.js";
import { pruneVmSnapshots } from "./prune.js";
import { CLOCK_TOLERANCE, clockOffset } from "./settle.js";
import { requireMachine, vcenterOf, type VmTarget } from "./target.js";

type Declared = NonNullable<Context["plan"]["environment"]["backup"]["vmSnapshot"]>;

/** A VM of vCenter and what a job on it needs. */
export interface VmJob {
  readonly context: Context;
  readonly target: VmTarget;
  readonly vcenter: VCenter;
  readonly declared: Declared;
  /** The disks of a snapshot, which never change: asked for once. */
  readonly disksOf: (id: string) => Promise<readonly VmDisk[]>;
}

/** @throws UsageError when no snapshots are declared */
export function vmJob(
  context: Context,
  target: VmTarget,
  vcenter: VCenter = vcenterOf(context, target),
): VmJob {
  const declared = context.plan.environment.backup.vmSnapshot;
  if (declared === undefined)
    throw new UsageError("no VM snapshots are declared", "declare backup.vmSnapshot and deploy it");
  const known = new Map<string, Promise<readonly VmDisk[]>>();
  const disksOf = (id: string): Promise<readonly VmDisk[]> => {
    const disks = known.get(id) ?? vcenter.snapshotDisks(id);
    known.set(id, disks);
    return disks;
  };
  return { context, target, vcenter, declared, disksOf };
}

/** A VM and everybody's snapshots of it at one moment. */
export interface Seen {
  readonly machine: VirtualMachine;
  /** Whose snapshots are ours. */
  readonly owner: Owner;
  readonly found: Inventory;
}

/**
 * Looks at the VM and judges its snapshots.
 *
 * @param given the VM, where it was just read
 */
export async function look(job: VmJob, given?: VirtualMachine): Promise<Seen> {
  const { context, target, vcenter } = job;
  const machine = given ?? (await requireMachine(vcenter, target));
  const owner = ownerOf(context.plan.environment.name, target.guest.name, machine);
  return { machine, owner, found: await inventory(job.disksOf, machine, owner) };
}

/** Removes what the declaration does not keep of what was seen; each is looked at once more before it goes. */
export function pruneSeen(
  { context, vcenter, declared }: VmJob,
  { machine, owner, found }: Seen,
): Promise<Pruned> {
  const { retention } = declared;
  return pruneVmSnapshots(context, vcenter, machine, owner, { own: found.own, retention });
}

/** The same by hand. @throws RefusedError when vCenter's clock and ours differ, so that ages mean nothing */
export async function pruneVm(job: VmJob): Promise<Pruned> {
  const offset = await clockOffset(job.context, job.vcenter);
  if (Math.abs(offset) > CLOCK_TOLERANCE)
    throw new RefusedError(
      `the clock of vCenter ${job.vcenter.server} and ours differ by ${Math.abs(offset)} s`,
      "set both by NTP; nothing was removed",
    );
  return pruneSeen(job, await look(job));
}
