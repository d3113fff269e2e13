import assert from "node:assert/strict";
import fc from "fast-check";
import { bytes } from "../../components/declaration/units.js";
import { maxWalSize, REPLAY_RATE, sizingSettings } from "../../components/postgres/index.js";
import { planOf } from "./build.js";

const WORKLOADS = ["web", "oltp", "warehouse", "mixed"] as const;
const UNITS: Readonly<Record<string, number>> = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Reads a size as the server does. */
function parsed(value: unknown): number {
  const [, digits = "", unit = ""] = /^(\d+)(kB|MB|GB)$/.exec(String(value)) ?? [];
  return Number(digits) * (UNITS[unit] ?? Number.NaN);
}

describe("sizing", () => {
  const { cluster } = planOf().environment;

  it("follows pgtune for 16 GiB, 4 processors, SSD", () => {
    const sizing = {
      ...cluster.sizing,
      cpus: 4,
      memory: bytes("16 GiB"),
      disks: { system: 0, data: 0, wal: bytes("50 GiB") },
    };
    const found = sizingSettings({ ...cluster, sizing, workload: "oltp" }, { rto: 3600 });
    assert.deepEqual(
      Object.fromEntries(
        [
          ...[
            "max_connections",
            "shared_buffers",
            "effective_cache_size",
            "maintenance_work_mem",
            "work_mem",
          ],
          ...["wal_buffers", "min_wal_size", "max_wal_size", "random_page_cost", "effective_io_concurrency"],
          ...["max_worker_processes", "max_parallel_workers_per_gather"],
        ].map((name) => [name, found.get(name)]),
      ),
      {
        max_connections: 300,
        shared_buffers: "4GB",
        effective_cache_size: "12GB",
        maintenance_work_mem: "1GB",
        work_mem: "13797kB",
        wal_buffers: "16MB",
        min_wal_size: "2GB",
        max_wal_size: "8GB",
        random_page_cost: 1.1,
        effective_io_concurrency: 200,
        max_worker_processes: 4,
        max_parallel_workers_per_gather: 2,
      },
    );
  });

  it("bounds max_wal_size by a third of the WAL volume and by replay within half of the RTO", () => {
    const small = { ...cluster.sizing, disks: { ...cluster.sizing.disks, wal: bytes("3 GiB") } };
    assert.equal(maxWalSize({ ...cluster, sizing: small }, { rto: 3600 }), bytes("1 GiB"));
    const quick = maxWalSize(cluster, { rto: 20 });
    assert.ok(quick <= 10 * REPLAY_RATE && quick > 9.9 * REPLAY_RATE);
    assert.equal(maxWalSize(cluster, { rto: 1 }), bytes("128 MiB"));
  });

  it("stays inside memory and WAL volume for every machine", () => {
    const machine = fc.record({
      cpus: fc.integer({ min: 1, max: 256 }),
      memory: fc.integer({ min: 512, max: 4 * 1024 ** 2 }).map((mib) => mib * 1024 ** 2),
      wal: fc.integer({ min: 1024, max: 8 * 1024 ** 2 }).map((mib) => mib * 1024 ** 2),
      workload: fc.constantFrom(...WORKLOADS),
      storage: fc.constantFrom("nvme", "ssd", "san", "hdd" as const),
      rto: fc.integer({ min: 1, max: 604800 }),
    });
    fc.assert(
      fc.property(machine, ({ cpus, memory, wal, workload, storage, rto }) => {
        const sizing = { cpus, memory, storage, disks: { system: 0, data: 0, wal } };
        const found = sizingSettings({ ...cluster, sizing, workload }, { rto });
        const value = (name: string): number => parsed(found.get(name));
        assert.ok(value("shared_buffers") <= memory / 4);
        assert.ok(value("effective_cache_size") < memory);
        assert.ok(value("maintenance_work_mem") <= 8 * 1024 ** 3);
        assert.ok(value("work_mem") >= 4 * 1024 ** 2);
        assert.ok(value("min_wal_size") <= value("max_wal_size"));
        assert.ok(value("max_wal_size") <= wal / 3);
        assert.ok(value("max_slot_wal_keep_size") + value("max_wal_size") <= wal);
        // What the server itself demands.
        assert.ok(value("min_wal_size") >= 32 * 1024 ** 2 && value("wal_buffers") >= 1024 ** 2);
        assert.ok(
          Number(found.get("max_parallel_workers") ?? 0) <= Number(found.get("max_worker_processes")),
        );
      }),
    );
  });
});
