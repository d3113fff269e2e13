import type { Failure, Means } from "../../../components/recovery/index.js";

/** A declaration as changes to the fixture, and what it must come to: RPO and RTO in seconds, worked out by hand. */
export interface ObjectivesRow {
  readonly title: string;
  readonly changes: readonly string[];
  readonly expect: Partial<Record<Failure, readonly [number | undefined, number | undefined, Means]>>;
}

/*
 * Figures by hand. fence 11 (silent hypervisor 20), promotion 5, DNS update 2, record ttl 5, address takeover 3, reconnect 5,
 * operator 1800, boot 60 (emulated 240), replay 130 MB/s: 16 MiB = 1 s, WAL at 1 MiB/s: 16 MiB of lag = 16 s, beside the
 * lease of 30 s since the primary last told where it is: 46 s.
 * Crash recovery replays max_wal_size: a third of the WAL disk, at most 8 GiB: 10 GiB disk -> 3413 MiB / 130 MB/s = 27.5 -> 28 s.
 * Restore: 50 MiB/s a process; 20 GiB by two = 204.8 -> 205 s. A day of WAL is 86400 MiB: 696.9 -> 697 s; a week 4879 s.
 */
export const DNS = 2 + 5 + 5;
export const VIP = 3 + 5;
export const FENCE = 11;
export const SILENT = 20;
export const CRASH = 28;
export const RESTORE_DAY = 1800 + 205 + 697 + 5 + DNS;
export const RESTORE_WEEK = 1800 + 205 + 4879 + 5 + DNS;
/** 50 GiB of disks (20 + 20 + 10) at 100 MiB/s = 512 s. */
export const SNAPSHOT = 1800 + 512 + 60 + CRASH + DNS;
export const DAY = 86400;

/** Another member with its addresses. */
export const second = (name: string, site: string, octet: number): string[] => [
  `cluster.members appended {"name":"${name}","site":"${site}"}`,
  `kvm.addresses appended {"guest":"${name}","management":"10.77.0.${octet}","client":"10.77.1.${octet}","replication":"10.77.2.${octet}"}`,
];

/** Everything at site a but the repository: no standby anywhere. */
export const ALONE = [
  "cluster.members[1] removed",
  "kvm.addresses[1] removed",
  "sites[1] removed",
  "kvm.hosts[1] removed",
  'replication = {"mode":"async"}',
  'objectives.rpo = "1 d"',
  'failover.mode = "manual"',
  "capacity removed",
  "drills removed",
];

export const NO_BASE = ["backup.base removed", "backup.wal removed", "drills removed"];
export const LARGE = ['cluster.sizing.class = "large"', "capacity removed"];
