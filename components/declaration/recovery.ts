import { z } from "zod";
import { schedule } from "./schedule.js";
import { absolutePath, address, duration, matching, name, size } from "./units.js";

/** A place that can be lost as a whole. */
const site = z.strictObject({
  name,
  /** primary: where the primary normally is; standby: where a failover goes; witness: breaks the tie, holds no database. */
  role: z.enum(["primary", "standby", "witness"]),
});

/** All sites. */
export const sitesSchema = z.array(site).min(1).max(9);

/** How much may be lost and for how long the service may be away, after the loss of any one VM, host or site. */
export const objectivesSchema = z.strictObject({
  /** Recovery point objective: the greatest loss of acknowledged transactions, as time. 0 s needs sync or quorum. */
  rpo: duration({ max: "7 d" }),
  /** Recovery time objective: from the last acknowledged write before to the first after. */
  rto: duration({ min: "1 s", max: "7 d" }),
  /** Percentage of a year, such as 99.9. */
  availability: z.number().min(90).max(99.9999),
  /** Objectives after an operator's error or corruption, when a backup is restored. @default rpo 5 min, rto 4 h */
  restore: z
    .strictObject({
      rpo: duration({ min: "1 s", max: "7 d" }).prefault("5 min"),
      rto: duration({ min: "1 s", max: "7 d" }).prefault("4 h"),
    })
    .prefault({}),
});

const retention = z.strictObject({
  /** Copies older than this go. */
  age: duration({ min: "1 h", max: "3650 d" }),
  /** This many of the newest stay whatever their age. @default 2 */
  count: z.int().min(1).max(1000).default(2),
});

/** The three levels of backup. */
export const backupSchema = z.strictObject({
  /** Where base backups and the WAL archive are kept. */
  repository: z.strictObject({
    /** Site of the repository, on Kubernetes of its object store; must not be the primary's. */
    site: name,
    /** Not used on Kubernetes, which has `kubernetes.archive.path`. @default /var/lib/pgbackrest */
    path: absolutePath.default("/var/lib/pgbackrest"),
    /**
     * Volume of the repository: full backups, the WAL of the whole retention, and the copy that a restore drill makes. Less than
     * two thirds of the data volume and a tenth of that for each full backup kept is refused; WAL comes on top, by what is written.
     * @default as large as the data volume, more when many full backups are kept
     */
    size: size({ min: "1 GiB", max: "256 TiB" }).optional(),
    /** Encryption on the client, before anything leaves the server. @default aes-256-cbc */
    encryption: z.enum(["aes-256-cbc", "none"]).default("aes-256-cbc"),
  }),
  /** First level: snapshot of the whole VM; on Kubernetes, Velero's backup of the namespace with its volumes. */
  vmSnapshot: z
    .strictObject({
      /** @default 02:00 each day */
      schedule: schedule.default("0 2 * * *"),
      retention: retention.prefault({ age: "7 d" }),
      /** Freeze the file systems for the instant of the snapshot; on Kubernetes, a CHECKPOINT before it. @default true */
      quiesce: z.boolean().default(true),
      /** Directory on each hypervisor for the copies; not used on Kubernetes. @default /var/lib/pgkeep/snapshots */
      directory: absolutePath.default("/var/lib/pgkeep/snapshots"),
    })
    .optional(),
  /** Second level: base backups by pgBackRest. */
  base: z
    .strictObject({
      full: z.strictObject({ schedule }),
      differential: z.strictObject({ schedule }).optional(),
      incremental: z.strictObject({ schedule }).optional(),
      /** Fulls are kept until a younger full has reached `age`; `count` is how many fulls stay at least. */
      retention: retention.prefault({ age: "7 d" }),
      /** Processes that copy and compress. @default 2 */
      parallelism: z.int().min(1).max(64).default(2),
    })
    .optional(),
  /** Third level: the WAL archive, in real time. */
  wal: z
    .strictObject({
      /** A segment is archived at the latest after this. @default 60 s */
      archiveTimeout: duration({ min: "5 s", max: "1 h" }).prefault("60 s"),
    })
    .optional(),
  /** When the newest backup and the archive are verified. @default 04:00 each day */
  verification: z.strictObject({ schedule: schedule.default("0 4 * * *") }).prefault({}),
});

/** Replication of the database and, beside it, of the whole VM. */
export const replicationSchema = z.strictObject({
  /** async: the newest transactions may be lost; sync: one standby holds every acknowledged one; quorum: any `synchronous` of them. */
  mode: z.enum(["async", "sync", "quorum"]),
  /** Standbys that must confirm. @default 1 */
  synchronous: z.int().min(1).max(8).default(1),
  /** With sync or quorum: block writes when no standby is there, instead of going on alone. @default false */
  strict: z.boolean().default(false),
  /**
   * A standby further behind than this, by what the primary told last, is not promoted automatically. @default 16 MiB
   */
  maximumLag: size({ min: "1 MiB", max: "100 GiB" }).prefault("16 MiB"),
  /** Incremental copy of each member's VM to a host of another site. */
  vm: z
    .strictObject({
      /** @default each hour */
      schedule: schedule.default("0 * * * *"),
      /** Site that receives the copies of VMs of the other sites. */
      to: name,
      /** Increments kept unmerged, to go back. @default 3 */
      keep: z.int().min(1).max(48).default(3),
      /** @default /var/lib/pgkeep/replicas */
      directory: absolutePath.default("/var/lib/pgkeep/replicas"),
    })
    .optional(),
});

const redirect = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("dns"),
    /** Zone that takes dynamic updates (RFC 2136), such as db.example.org */
    zone: matching(
      /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/,
      "a zone in lower case without final dot, such as db.example.org",
    ),
    /** Record in the zone that follows the primary. @default the cluster's name */
    record: name.optional(),
    /** DNS server that takes the update, in the management network. */
    server: address,
    /** @default 53 */
    port: z.int().min(1).max(65535).default(53),
    /** Name of the TSIG key; its secret stands with the secrets. */
    key: matching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "the name of a TSIG key in lower case, such as pgkeep"),
    /** Time to live of the record. @default 5 s */
    ttl: duration({ min: "1 s", max: "5 min" }).prefault("5 s"),
  }),
  z.strictObject({
    kind: z.literal("vip"),
    /** Address on the client network that the primary carries. */
    address,
    /** VRRP router id, unique on the segment. @default 51 */
    routerId: z.int().min(1).max(255).default(51),
  }),
  // On Kubernetes, and only there: a Service named after the cluster, which selects the primary's pod.
  z.strictObject({ kind: z.literal("service") }),
]);

/** Failover: Patroni's, on etcd. */
export const failoverSchema = z.strictObject({
  /** automatic: Patroni promotes; manual: Patroni is paused and `pgkeep failover` promotes. */
  mode: z.enum(["automatic", "manual"]),
  /** Life of the leader's lease. @default 30 s (Patroni's default; 20 s is its minimum) */
  ttl: duration({ min: "20 s", max: "10 min" }).prefault("30 s"),
  /** @default 10 s */
  loopWait: duration({ min: "1 s", max: "2 min" }).prefault("10 s"),
  /** @default 10 s */
  retryTimeout: duration({ min: "3 s", max: "2 min" }).prefault("10 s"),
  /** required: a member without a working watchdog never becomes primary. @default required */
  watchdog: z.enum(["required", "off"]).default("required"),
  /** Power the old primary off through its hypervisor before promotion. @default true */
  fencing: z.boolean().default(true),
  /** How clients find the primary. On Kubernetes it is a Service named after the cluster, which selects the primary's pod. */
  redirect,
});

/** Drills, run by timers; each leaves an evidence record. */
export const drillsSchema = z.strictObject({
  restore: z.strictObject({ schedule }).optional(),
  failover: z.strictObject({ schedule }).optional(),
  site: z.strictObject({ schedule }).optional(),
  /** How long evidence is kept. @default 365 d */
  evidence: z.strictObject({ retention: duration({ min: "30 d" }).prefault("365 d") }).prefault({}),
});

/**
 * Capacity that the second site keeps free, so that a failover finds room. A statement: it is compared with the size of a member,
 * here and by policy; nothing is set aside on the hypervisor.
 */
export const capacitySchema = z.strictObject({
  /** Site where it is reserved. */
  site: name,
  /** Virtual processors. */
  cpus: z.int().min(1).max(4096),
  /** Memory. */
  memory: size({ min: "512 MiB" }),
});

export type Site = z.infer<typeof site>;
export type Objectives = z.infer<typeof objectivesSchema>;
export type Retention = z.infer<typeof retention>;
export type Backup = z.infer<typeof backupSchema>;
export type Replication = z.infer<typeof replicationSchema>;
export type Failover = z.infer<typeof failoverSchema>;
export type Redirect = z.infer<typeof redirect>;
export type Drills = z.infer<typeof drillsSchema>;
export type Capacity = z.infer<typeof capacitySchema>;
