import type { Copy } from "../../../components/recovery/index.js";
import type { VirtualMachine, VmDisk, VmSnapshot } from "../../ports/index.js";
import { looksLikeOurs, markOf, type Mark, type Owner } from "./ownership.js";

/** A snapshot of ours. Its time is that of vCenter, its name is only for people. */
export interface VmCopy extends Copy {
  readonly id: string;
  readonly snapshot: VmSnapshot;
  /** How many disks it shows. */
  readonly disks: number;
  /** Why it is not good. */
  readonly problems: readonly string[];
}

/** The snapshots of a VM. */
export interface Inventory {
  readonly own: readonly VmCopy[];
  /** They have a name of our form and are not ours; they are never touched. */
  readonly lookalikes: readonly VmSnapshot[];
  /** Everybody's. */
  readonly all: readonly VmSnapshot[];
}

/** Judges every snapshot of ours by what vCenter shows of it now; nothing that an earlier run has found is believed. */
export async function inventory(
  disksOf: (id: string) => Promise<readonly VmDisk[]>,
  machine: Pick<VirtualMachine, "snapshots">,
  owner: Owner,
): Promise<Inventory> {
  const own: VmCopy[] = [];
  const lookalikes: VmSnapshot[] = [];
  for (const snapshot of machine.snapshots) {
    const mark = markOf(snapshot, owner);
    if (mark === undefined) {
      if (looksLikeOurs(snapshot)) lookalikes.push(snapshot);
      continue;
    }
    const shown = await disksOf(snapshot.id);
    const problems = problemsOf(snapshot, mark, shown);
    const { id, name, created: time } = snapshot;
    own.push({ id, name, time, good: problems.length === 0, snapshot, disks: shown.length, problems });
  }
  return { own: own.sort((a, b) => a.time - b.time), lookalikes, all: machine.snapshots };
}

/** What speaks against a snapshot, by what it says of itself and the disks that it shows. */
function problemsOf(
  { quiesced, memory }: Pick<VmSnapshot, "quiesced" | "memory">,
  { disks, quiesce }: Pick<Mark, "disks" | "quiesce">,
  shown: readonly VmDisk[],
): string[] {
  const problems: string[] = [];
  if (quiesce && !quiesced) problems.push("it is not quiesced: VMware Tools did not freeze the file systems");
  if (memory) problems.push("it holds the guest's memory");
  for (const key of disks) {
    const disk = shown.find((candidate) => candidate.key === key);
    if (disk === undefined) problems.push(`disk ${key} is not in it`);
    else problems.push(...uncovered(disk));
  }
  return problems;
}

/** Why a snapshot leaves a disk out. */
export function uncovered({ label, mode, passthrough }: VmDisk): string[] {
  if (mode.startsWith("independent")) return [`${label} is ${mode}: snapshots leave it out`];
  if (passthrough) return [`${label} is a device passed through to the array: snapshots leave it out`];
  return [];
}
