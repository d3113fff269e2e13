import { maxConnections, RESERVED_CONNECTIONS, type Cluster, type Objectives } from "../declaration/index.js";

/**
 * Settings that follow from memory, processors, disks and kind of load: the rules of pgtune (repository state 2026-07),
 * bounded by what the WAL volume holds and by how long crash recovery may take.
 */

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Single-process WAL replay in bytes a second, measured with PostgreSQL 17 and 18: 734 MB in 5.66 s. */
export const REPLAY_RATE = 130_000_000;

/** Part of the RTO that crash recovery may use; the rest is detection, fencing and reconnection. */
const REPLAY_SHARE = 0.5;

const WAL = {
  web: { min: GIB, max: 4 * GIB },
  oltp: { min: 2 * GIB, max: 8 * GIB },
  warehouse: { min: 4 * GIB, max: 16 * GIB },
  mixed: { min: GIB, max: 4 * GIB },
} as const;

const IO_CONCURRENCY = { nvme: 1000, ssd: 200, san: 300, hdd: 2 } as const;

/** PostgreSQL refuses a `max_wal_size` of less than two segments; two checkpoints need a few more. */
const LEAST_WAL = 128 * MIB;

/** Derived settings, in the order in which they are printed. */
export type Settings = ReadonlyMap<string, string | number | boolean>;

/** Greatest `max_wal_size` in bytes: a third of the WAL volume, and what is replayed in half of the RTO. */
export function maxWalSize({ sizing, workload }: Cluster, objectives: Pick<Objectives, "rto">): number {
  const bound = Math.min(
    WAL[workload].max,
    sizing.disks.wal / 3,
    objectives.rto * REPLAY_SHARE * REPLAY_RATE,
  );
  return Math.max(LEAST_WAL, floorTo(bound, MIB));
}

/** Memory, planner, I/O, parallelism and WAL volume settings of a cluster. */
export function sizingSettings(cluster: Cluster, objectives: Pick<Objectives, "rto">): Settings {
  const { sizing, workload } = cluster;
  const { memory, cpus, storage } = sizing;
  const connections = maxConnections(cluster);
  const workers = cpus >= 4 ? cpus : 8;
  const gather = workload === "warehouse" ? Math.floor(cpus / 2) : Math.min(4, Math.floor(cpus / 2));
  const buffers = floorTo(memory / 4, MIB);
  const maxWal = maxWalSize(cluster, objectives);
  const shared = (memory - buffers) / ((connections + workers) * 3);
  const work = Math.max(4 * MIB, workload === "web" || workload === "oltp" ? shared : shared / 2);
  const settings = new Map<string, string | number | boolean>([
    ["max_connections", connections],
    ["superuser_reserved_connections", RESERVED_CONNECTIONS.superuser],
    ["reserved_connections", RESERVED_CONNECTIONS.own],
    ["shared_buffers", size(buffers)],
    ["huge_pages", "try"],
    ["effective_cache_size", size(floorTo((memory * 3) / 4, MIB))],
    ["maintenance_work_mem", size(Math.min(8 * GIB, memory / (workload === "warehouse" ? 8 : 16)))],
    ["work_mem", size(work)],
    ["wal_buffers", size(Math.min(16 * MIB, Math.max(MIB, (buffers * 3) / 100)))],
    ["min_wal_size", size(Math.max(80 * MIB, Math.min(WAL[workload].min, floorTo(maxWal / 2, MIB))))],
    ["max_wal_size", size(maxWal)],
    // Slots of absent standbys may hold WAL back, but never fill the volume: a full one stops the server.
    ["max_slot_wal_keep_size", size(Math.max(LEAST_WAL, floorTo(sizing.disks.wal / 2, MIB)))],
    ["checkpoint_timeout", "15min"],
    ["checkpoint_completion_target", 0.9],
    ["random_page_cost", storage === "hdd" || workload === "warehouse" ? 4 : 1.1],
    ["effective_io_concurrency", IO_CONCURRENCY[storage]],
    ["default_statistics_target", workload === "warehouse" ? 500 : 100],
    ["max_worker_processes", workers],
  ]);
  if (cpus >= 4) {
    settings.set("max_parallel_workers", cpus);
    settings.set("max_parallel_workers_per_gather", gather);
    settings.set("max_parallel_maintenance_workers", Math.min(4, Math.floor(cpus / 2)));
  }
  return settings;
}

function floorTo(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}

/** Writes bytes in the largest of PostgreSQL's units that divides them, after rounding down to whole kilobytes. */
export function size(bytes: number): string {
  const whole = floorTo(bytes, KIB);
  if (whole % GIB === 0 && whole > 0) return `${whole / GIB}GB`;
  if (whole % MIB === 0 && whole > 0) return `${whole / MIB}MB`;
  return `${whole / KIB}kB`;
}
