import { formatSize } from "../../../components/declaration/index.js";
import { RefusedError } from "../../errors.js";
import type { VCenter, VirtualMachine } from "../../ports/index.js";
import { uncovered } from "./copies.js";

/** Snapshots that a disk may rest on at most; Broadcom KB 318825, which advises two or three. */
export const CHAIN_LIMIT = 32;

/** Kept free in the chain for backup products, which take a snapshot of their own while they read. */
export const CHAIN_RESERVE = 2;

/** Share of a datastore that must be free: its VMs stop when it is full, and merging needs room as well. Our choice. */
export const FREE_SHARE = 0.1;

/** Share of the disks that must be free on their datastore for what the guest writes meanwhile; as on KVM. Our choice. */
export const GROWTH_SHARE = 0.05;

/** Something that forbids a snapshot, and what helps. */
interface Obstacle {
  readonly problem: string;
  readonly remedy: string;
}

/**
 * Checks everything that can be known before a snapshot is taken, and says all that speaks against it at once.
 *
 * @returns what was seen, in one line
 * @throws RefusedError; nothing was changed
 */
export async function requireReady(
  vcenter: Pick<VCenter, "datastore">,
  machine: VirtualMachine,
  declared: { readonly disks: number; readonly quiesce: boolean },
): Promise<string> {
  const space = await spaceObstacles(vcenter, machine);
  const obstacles = [...stateObstacles(machine, declared.quiesce), ...diskObstacles(machine, declared.disks)];
  const all = [...obstacles, ...chainObstacles(machine), ...space.obstacles];
  if (all.length > 0)
    throw new RefusedError(
      `no snapshot of ${machine.name} can be taken: ${all.map(({ problem }) => problem).join("; ")}`,
      [...new Set(all.map(({ remedy }) => remedy))].join("; "),
    );
  const chain = `${chainOf(machine)} snapshots in the chain`;
  return `${machine.disks.length} disks, ${chain}, ${space.seen.join(", ")}`;
}

function stateObstacles({ power, tools, consolidationNeeded }: VirtualMachine, quiesce: boolean): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (power !== "poweredOn")
    obstacles.push({ problem: `it is ${power}, not powered on`, remedy: "start the VM" });
  else if (quiesce && !tools)
    obstacles.push({
      problem:
        "VMware Tools do not run in it, so vCenter would ignore without a word that it shall be quiesced",
      remedy: "start open-vm-tools in the guest, or declare quiesce: false",
    });
  if (consolidationNeeded)
    obstacles.push({
      problem: "its disks need consolidation: an earlier removal was not finished",
      remedy: "consolidate the VM's disks in vCenter (Snapshots, Consolidate)",
    });
  return obstacles;
}

function diskObstacles({ disks }: VirtualMachine, declared: number): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (disks.length < declared)
    obstacles.push({
      problem: `it has ${disks.length} disks, ${declared} are declared`,
      remedy: "bring the VM and the plan into agreement (`pulumi up`)",
    });
  for (const disk of disks) {
    for (const problem of uncovered(disk))
      obstacles.push({
        problem,
        remedy: "make every disk a persistent one: all of them must show one instant",
      });
    if (disk.shared)
      obstacles.push({
        problem: `${disk.label} is shared by several VMs`,
        remedy: "give each VM its own disks; vSphere takes no snapshot of shared ones",
      });
  }
  return obstacles;
}

/** The longer of what the snapshots' tree and the files of the disks tell; leftovers show in the files alone. */
export function chainOf({ depth, disks }: Pick<VirtualMachine, "depth" | "disks">): number {
  return Math.max(depth, ...disks.map((disk) => disk.depth));
}

function chainObstacles(machine: VirtualMachine): Obstacle[] {
  const chain = chainOf(machine);
  if (chain < CHAIN_LIMIT - CHAIN_RESERVE) return [];
  const most = CHAIN_LIMIT - CHAIN_RESERVE;
  return [
    {
      problem: `${chain} snapshots are in its chain, with one more it would be more than ${most} (vSphere's limit is ${CHAIN_LIMIT})`,
      remedy:
        "remove snapshots that nobody needs in vCenter, each by itself; shorten retention if they are pgkeep's",
    },
  ];
}

async function spaceObstacles(
  vcenter: Pick<VCenter, "datastore">,
  { disks }: VirtualMachine,
): Promise<{ readonly obstacles: readonly Obstacle[]; readonly seen: readonly string[] }> {
  const obstacles: Obstacle[] = [];
  const seen: string[] = [];
  for (const reference of new Set(disks.flatMap(({ datastore = [] }) => datastore))) {
    const here = disks.filter(({ datastore }) => datastore === reference);
    const { name, capacity, free, accessible } = await vcenter.datastore(reference);
    seen.push(`${whole(free)} free on ${name}`);
    const growth = here.reduce((sum, disk) => sum + disk.capacity, 0) * GROWTH_SHARE;
    const needed = Math.max(capacity * FREE_SHARE, growth);
    if (!accessible)
      obstacles.push({
        problem: `datastore ${name} is not accessible`,
        remedy: `look at ${name} and its hosts in vCenter`,
      });
    else if (free < needed)
      obstacles.push({
        problem: `datastore ${name} is too full: ${whole(free)} of ${whole(capacity)} are free, ${whole(needed)} must be`,
        remedy: `free ${whole(needed - free)} on ${name}, or enlarge it`,
      });
  }
  return { obstacles, seen };
}

function whole(bytes: number): string {
  return formatSize(Math.ceil(bytes / 1024 ** 2) * 1024 ** 2);
}
