import { formatDuration, formatSize, longestInterval, type Environment } from "../declaration/index.js";
import { sum, transfer, type Sum, type Term } from "./arithmetic.js";
import { maxWalSize } from "../postgres/sizing.js";
import { ASSUMPTIONS } from "./assumptions.js";
import { redirection } from "./failover.js";

/** A way back from copies: how much it loses and how long it takes. */
export interface Way {
  readonly by: "replica" | "restore" | "snapshot";
  readonly rpo: Sum;
  readonly rto: Sum;
}

/** A person on call: a declared statement on Kubernetes, where changing the declaration is how one promotes. */
export function operator(environment: Environment): Term {
  const seconds =
    environment.platform === "kubernetes" ? environment.kubernetes.reaction : ASSUMPTIONS.operator.value;
  return { what: "operator", seconds };
}

/** Boot of a guest, or start of a pod. */
export function boot(environment: Environment): Term {
  if (environment.platform === "kubernetes")
    return { what: "pod start", seconds: ASSUMPTIONS.podStart.value };
  const emulated = environment.platform === "kvm" && environment.kvm.domainType === "qemu";
  return {
    what: emulated ? "boot (emulated)" : "boot",
    seconds: (emulated ? ASSUMPTIONS.bootEmulated : ASSUMPTIONS.bootKvm).value,
  };
}

/** Crash recovery: at worst all WAL between two checkpoints is replayed. */
export function crashRecovery({ cluster, objectives }: Environment): Term {
  const declared = serverSize(cluster.parameters["max_wal_size"]);
  const size = declared ?? maxWalSize(cluster, objectives);
  return transfer(`crash recovery of ${formatSize(size)} at 130 MB/s`, size, ASSUMPTIONS.replay.value);
}

const MEGABYTE = 1024 ** 2;
const SERVER_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  MB: MEGABYTE,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** A size as the server reads it; a bare number counts megabytes. */
function serverSize(value: string | number | boolean | undefined): number | undefined {
  const match = /^(\d+)\s*(B|kB|MB|GB|TB)?$/.exec(String(value).trim());
  if (match === null) return undefined;
  return Number(match[1]) * (SERVER_UNITS[match[2] ?? "MB"] ?? MEGABYTE);
}

/** Point-in-time recovery from base backup and archive; undefined when they are not declared. */
export function fromArchive(environment: Environment, { olderFull = false } = {}): Way | undefined {
  const { backup, cluster } = environment;
  const { base, wal } = backup;
  if (base === undefined || wal === undefined) return undefined;
  const gap = olderFull
    ? longestInterval(base.full.schedule)
    : longestInterval(
        ...[base.full, base.differential, base.incremental].flatMap((level) =>
          level === undefined ? [] : [level.schedule],
        ),
      );
  const rate = Math.min(base.parallelism * ASSUMPTIONS.restoreProcess.value, ASSUMPTIONS.restoreLink.value);
  const data = cluster.sizing.disks.data;
  return {
    by: "restore",
    rpo: sum(
      { what: "archive_timeout", seconds: wal.archiveTimeout },
      { what: "push", seconds: ASSUMPTIONS.archivePush.value },
    ),
    rto: sum(
      operator(environment),
      transfer(`restore of ${formatSize(data)} at ${formatSize(rate)}/s`, data, rate),
      transfer(
        `replay of ${formatDuration(gap)} of WAL`,
        gap * ASSUMPTIONS.walRate.value,
        ASSUMPTIONS.replay.value,
      ),
      { what: "promotion", seconds: ASSUMPTIONS.promotion.value },
      ...redirection(environment.failover),
    ),
  };
}

/** Starting the replicated VM; undefined when no replication of VMs is declared. */
export function fromReplica(environment: Environment): Way | undefined {
  const { vm } = environment.replication;
  if (vm === undefined) return undefined;
  return {
    by: "replica",
    rpo: sum(
      { what: "interval of VM replication", seconds: longestInterval(vm.schedule) },
      { what: "copy", seconds: ASSUMPTIONS.replicationCycle.value },
    ),
    rto: sum(
      operator(environment),
      boot(environment),
      crashRecovery(environment),
      ...redirection(environment.failover),
    ),
  };
}

/** How old the oldest snapshot is at least, in seconds; 0 when none is declared. */
export function oldestSnapshot({ backup: { vmSnapshot } }: Environment): number {
  if (vmSnapshot === undefined) return 0;
  const interval = longestInterval(vmSnapshot.schedule);
  const { age, count } = vmSnapshot.retention;
  // One that has just become too old is gone, and the next is an interval younger; `count` of them stay whatever their age.
  return Math.max(age - interval, (count - 1) * interval);
}

/**
 * Putting a VM snapshot back on its own hypervisor, or restoring a backup of Velero; undefined when none is declared.
 *
 * @param later what else is lost because the newest snapshots do not serve
 */
export function fromSnapshot(environment: Environment, ...later: readonly Term[]): Way | undefined {
  const { vmSnapshot } = environment.backup;
  if (vmSnapshot === undefined) return undefined;
  const { system, data, wal } = environment.cluster.sizing.disks;
  const velero = environment.platform === "kubernetes";
  const size = velero ? data + wal : system + data + wal;
  return {
    by: "snapshot",
    rpo: sum(
      ...later,
      {
        what: velero ? "interval of Velero's backups" : "interval of VM snapshots",
        seconds: longestInterval(vmSnapshot.schedule),
      },
      { what: "copy", seconds: (velero ? ASSUMPTIONS.veleroCopy : ASSUMPTIONS.snapshotCopy).value },
    ),
    rto: sum(
      operator(environment),
      transfer(
        `copy of ${formatSize(size)} at ${formatSize(ASSUMPTIONS.copyRate.value)}/s`,
        size,
        ASSUMPTIONS.copyRate.value,
      ),
      boot(environment),
      crashRecovery(environment),
      ...redirection(environment.failover),
    ),
  };
}
