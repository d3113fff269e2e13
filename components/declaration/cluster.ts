import { z } from "zod";
import { give } from "./remedy.js";
import { bytes, duration, extension, identifier, name, refuse, size, text } from "./units.js";

/** The supported majors and the newest minor known for each when this was written (2026-08-13 releases). */
export const KNOWN_MINORS = { 17: 11, 18: 6 } as const;

/** A PostgreSQL major that pgkeep supports. */
export type Major = keyof typeof KNOWN_MINORS;

/** A parsed server version. */
export interface Version {
  /** 17 or 18 */
  readonly major: Major;
  readonly minor: number;
}

const versionRemedy = 'major and minor in quotes, such as "17.11" or "18.6"';

const version = text(versionRemedy)
  .meta({ pattern: "^1[78]\\.\\d{1,2}$", examples: ["17.11", "18.6"] })
  .transform((text, context): Version => {
    const match = /^(\d+)\.(\d+)$/.exec(text);
    const major = Number(match?.[1]);
    if (match === null) {
      refuse(context, "is not a version", versionRemedy);
      return z.NEVER;
    }
    if (major !== 17 && major !== 18) {
      refuse(context, `names major ${major}, which is not supported`, "17 or 18, such as 18.6");
      return z.NEVER;
    }
    const minor = Number(match[2]);
    if (minor > 99) {
      refuse(context, "names a minor that cannot exist", `such as ${major}.${KNOWN_MINORS[major]}`);
      return z.NEVER;
    }
    return { major, minor };
  })
  .describe('PostgreSQL version, major and minor in quotes, such as "17.11"');

/** A database server. */
const member = z.strictObject({
  /** Name of the virtual machine and of the Patroni member. */
  name,
  /** Site where it runs. */
  site: name,
});

const sizes = {
  small: { cpus: 2, memory: "4 GiB", data: "20 GiB", wal: "10 GiB" },
  medium: { cpus: 4, memory: "16 GiB", data: "200 GiB", wal: "50 GiB" },
  large: { cpus: 8, memory: "64 GiB", data: "1 TiB", wal: "200 GiB" },
  xlarge: { cpus: 16, memory: "128 GiB", data: "4 TiB", wal: "500 GiB" },
} as const;

/** Resources of one database server. */
export interface Sizing {
  /** Virtual processors. */
  readonly cpus: number;
  /** Memory in bytes, all of it reserved. */
  readonly memory: number;
  /** System, data and WAL volumes in bytes; always three volumes. */
  readonly disks: { readonly system: number; readonly data: number; readonly wal: number };
  /** What the disks are; decides planner and I/O settings. */
  readonly storage: "nvme" | "ssd" | "san" | "hdd";
}

const storage = z.enum(["nvme", "ssd", "san", "hdd"]).default("ssd");
const systemDisk = size({ min: "2 GiB", max: "1 TiB" }).prefault("20 GiB");

const sizing = z
  .union(
    [
      z.strictObject({ class: z.enum(["small", "medium", "large", "xlarge"]), storage, system: systemDisk }),
      z.strictObject({
        cpus: z.int().min(1).max(256),
        memory: size({ min: "512 MiB", max: "4 TiB" }),
        data: size({ min: "1 GiB", max: "64 TiB" }),
        wal: size({ min: "1 GiB", max: "8 TiB" }),
        system: systemDisk,
        storage,
      }),
    ],
    { error: give("class: small, medium, large or xlarge; or cpus, memory, data and wal") },
  )
  .transform((value): Sizing => {
    if (!("class" in value)) {
      const { cpus, memory, data, wal, system } = value;
      return { cpus, memory, disks: { system, data, wal }, storage: value.storage };
    }
    const chosen = sizes[value.class];
    return {
      cpus: chosen.cpus,
      memory: bytes(chosen.memory),
      disks: { system: value.system, data: bytes(chosen.data), wal: bytes(chosen.wal) },
      storage: value.storage,
    };
  });

/** A database, owned by a role that cannot log in. */
const database = z.strictObject({
  name: identifier,
  /** NOLOGIN role that owns the database and its schema. @default `<name>_owner` */
  owner: identifier.optional(),
  /** Extensions created in it; each must be in the guest image. @default none */
  extensions: z.array(extension).default([]),
});

/** A login role; its password is a secret and never stands here. */
const role = z.strictObject({
  name: identifier,
  /** app: DML on the schema; readonly: SELECT; migration: may SET ROLE to the owner; monitor: pg_monitor. */
  kind: z.enum(["app", "readonly", "migration", "monitor"]),
  /** Databases it may connect to. For kind monitor: none, it sees server statistics only. */
  databases: z.array(identifier).default([]),
  /** Connections at a time, at most those that are not reserved. @default 50, or as many as are not reserved */
  connectionLimit: z.int().min(1).max(10000).optional(),
  /** Longest a statement may run. @default 30 s */
  statementTimeout: duration({ min: "1 s", max: "1 d" }).prefault("30 s"),
});

/** The PostgreSQL cluster. */
export const clusterSchema = z.strictObject({
  name,
  version,
  members: z.array(member).min(1).max(9),
  sizing,
  /** Kind of load; decides memory and connection settings. @default oltp */
  workload: z.enum(["web", "oltp", "warehouse", "mixed"]).default("oltp"),
  databases: z.array(database).min(1),
  roles: z.array(role).default([]),
  /**
   * Server settings beside the derived ones, or instead of them: memory, planner, I/O, autovacuum and the like. The security
   * baseline, TLS, logging, replication, archive and recovery are not for overriding; unknown names are refused.
   * @default none
   */
  parameters: z
    .record(
      z.string(),
      z.union([z.string(), z.number(), z.boolean()], { error: give("one text, number, true or false") }),
    )
    .default({}),
});

export type Cluster = z.infer<typeof clusterSchema>;
export type Member = Cluster["members"][number];
export type Database = Cluster["databases"][number];
export type Role = Cluster["roles"][number];

/** The NOLOGIN owner of a database. */
export function ownerOf(database: Database): string {
  return database.owner ?? `${database.name}_owner`;
}
