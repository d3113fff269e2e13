import { posix } from "node:path";
import { z } from "zod";
import { kvmOf } from "../../components/declaration/index.js";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { UsageError } from "../errors.js";
import { timeOfName } from "./copy-name.js";
import { MANIFEST } from "./snapshot-store.js";

const file = z.object({
  file: z.string().regex(/^[\w.+-]+$/),
  size: z.int(),
  /** Absent once increments were merged into the file. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/** One cycle of replication: a full copy, or what changed since its parent. */
export const cycleSchema = z.object({
  format: z.literal("pgkeep/replica/1"),
  /** Name of its directory. */
  name: z.string(),
  guest: z.string(),
  /** Host that it comes from. */
  host: z.string(),
  /** The moment that the disks show, ISO 8601. */
  moment: z.string(),
  kind: z.enum(["full", "incremental"]),
  /** Why it had to be a full one. */
  reason: z.string().optional(),
  parent: z.string().optional(),
  /** libvirt's checkpoint of that moment on the source. */
  checkpoint: z.string(),
  quiesced: z.boolean(),
  disks: z.array(file.extend({ target: z.string(), virtualSize: z.int() })).min(1),
  others: z.array(
    file.extend({ purpose: z.enum(["definition", "nvram", "tpm", "drive"]), target: z.string().optional() }),
  ),
});
export type Cycle = z.infer<typeof cycleSchema>;

/** In a cycle's directory while its parent is being merged into it. */
export const MERGING = ".merging";

/** A cycle as it lies on the target. */
export interface StoredCycle {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly directory: string;
  readonly manifest: Cycle | undefined;
  /** All of its files are there. */
  readonly whole: boolean;
  readonly merging: boolean;
}

/** Where the replica of a guest goes. */
export interface ReplicaPlace {
  readonly host: Host;
  /** Holds a directory for each cycle, and those of domains that run from them. */
  readonly directory: string;
  readonly domain: string;
  readonly keep: number;
}

/** Name of the domain that stands ready at the other site. */
export function replicaName(guest: string): string {
  return `${guest}-replica`;
}

/** @throws UsageError when the guest is not replicated */
export function replicaPlace(context: Pick<Context, "plan" | "host">, guest: PlanGuest): ReplicaPlace {
  const declared = context.plan.environment.replication.vm;
  if (declared === undefined)
    throw new UsageError("no replication of VMs is declared", "declare replication.vm and deploy it");
  if (guest.kind !== "member" || guest.site === declared.to)
    throw new UsageError(
      `${guest.name} is not replicated: only members of other sites go to site ${declared.to}`,
      `one of ${replicatedGuests(context)
        .map(({ name }) => name)
        .join(", ")}`,
    );
  const host = kvmOf(context.plan.environment).hosts.find(({ site }) => site === declared.to);
  if (host === undefined) throw new UsageError(`no host stands at site ${declared.to}`);
  return {
    host: context.host(host.name),
    directory: posix.join(declared.directory, guest.name),
    domain: replicaName(guest.name),
    keep: declared.keep,
  };
}

/** Guests that are replicated. */
export function replicatedGuests({ plan }: Pick<Context, "plan">): readonly PlanGuest[] {
  const to = plan.environment.replication.vm?.to;
  return plan.guests.filter(({ kind, site }) => to !== undefined && kind === "member" && site !== to);
}

/** All cycles on the target, from old to new. */
export async function listCycles({ files }: Pick<Host, "files">, directory: string): Promise<StoredCycle[]> {
  const cycles: StoredCycle[] = [];
  for (const { name, kind } of await files.list(directory)) {
    const time = timeOfName(name);
    if (time === undefined || kind !== "directory") continue;
    const path = posix.join(directory, name);
    const entries = await files.list(path);
    const manifest = parse(await files.read(posix.join(path, MANIFEST)));
    const merging = entries.some((entry) => entry.name === MERGING);
    // While a parent is merged in, a file may already be the merged one, of another size.
    const fits = (wanted: Cycle["others"][number] | Cycle["disks"][number]): boolean =>
      entries.some(
        ({ name, size }) =>
          name === wanted.file && (merging || wanted.sha256 === undefined || size === wanted.size),
      );
    const whole = manifest !== undefined && [...manifest.disks, ...manifest.others].every(fits);
    cycles.push({ name, time, directory: path, manifest, whole, merging });
  }
  return cycles.sort((a, b) => a.time - b.time);
}

/**
 * The newest cycle that can be started, with everything that it rests on, from the full copy up to it; empty when there is none.
 * While a parent is merged into its child, the child's chain stays whole at every moment.
 */
export function newestChain(cycles: readonly StoredCycle[]): readonly StoredCycle[] {
  const byName = new Map(cycles.map((cycle) => [cycle.name, cycle]));
  for (const newest of cycles.toReversed()) {
    const chain: StoredCycle[] = [];
    for (let cycle: StoredCycle | undefined = newest; cycle?.manifest !== undefined;) {
      // A parent that is being merged into its child may have lent it files already.
      if (!cycle.whole && chain[0]?.merging !== true) break;
      chain.unshift(cycle);
      const { kind, parent }: Cycle = cycle.manifest;
      if (kind === "full") return chain;
      const below: StoredCycle | undefined = parent === undefined ? undefined : byName.get(parent);
      // A parent is older than its child, whatever a damaged manifest says; so this ends.
      cycle = below !== undefined && below.time < cycle.time ? below : undefined;
    }
  }
  return [];
}

function parse(text: string | undefined): Cycle | undefined {
  if (text === undefined) return undefined;
  try {
    return cycleSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
