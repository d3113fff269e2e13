import type { Failure, Means } from "../../components/recovery/index.js";

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
const DNS = 2 + 5 + 5;
const FENCE = 11;
const SILENT = 20;
const RESTORE_DAY = 1800 + 205 + 697 + 5 + DNS;
const RESTORE_WEEK = 1800 + 205 + 4879 + 5 + DNS;
const second = (name: string, site: string, octet: number): string[] => [
  `cluster.members appended {"name":"${name}","site":"${site}"}`,
  `kvm.addresses appended {"guest":"${name}","management":"10.77.0.${octet}","client":"10.77.1.${octet}","replication":"10.77.2.${octet}"}`,
];
/** Everything at site a but the repository: no standby anywhere. */
const ALONE = [
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

export const ROWS: readonly ObjectivesRow[] = [
  {
    title: "two sites, sync, automatic, DNS",
    changes: [],
    expect: {
      process: [0, 10 + 28 + 5, "restart"],
      vm: [0, 30 + 10 + FENCE + 1 + 5 + DNS, "failover"],
      host: [0, 30 + 10 + SILENT + 1 + 5 + DNS, "failover"],
      site: [0, 30 + 10 + SILENT + 1 + 5 + DNS, "failover"],
      operatorError: [60 + 10, RESTORE_DAY, "restore"],
      corruption: [60 + 10, RESTORE_WEEK, "restore"],
    },
  },
  {
    title: "a shorter lease",
    changes: ['failover.ttl = "20 s"', 'failover.loopWait = "5 s"', 'failover.retryTimeout = "5 s"'],
    expect: { vm: [0, 20 + 5 + FENCE + 1 + 5 + DNS, "failover"], process: [0, 5 + 28 + 5, "restart"] },
  },
  {
    title: "a virtual address instead of DNS",
    changes: ['failover.redirect = {"kind":"vip","address":"10.77.1.100"}'],
    expect: {
      vm: [0, 30 + 10 + FENCE + 1 + 5 + 3 + 5, "failover"],
      site: [0, 30 + 10 + SILENT + 1 + 5 + 3 + 5, "failover"],
    },
  },
  {
    title: "a long-lived DNS record",
    changes: ['failover.redirect.ttl = "5 min"'],
    expect: { vm: [0, 30 + 10 + FENCE + 1 + 5 + 2 + 300 + 5, "failover"] },
  },
  {
    title: "no fencing, the watchdog alone",
    changes: ["failover.fencing = false"],
    expect: { vm: [0, 30 + 10 + 1 + 5 + DNS, "failover"], host: [0, 30 + 10 + 1 + 5 + DNS, "failover"] },
  },
  {
    title: "fencing without watchdog: nobody vouches for a silent hypervisor",
    changes: ['failover.watchdog = "off"'],
    expect: {
      vm: [0, 30 + 10 + FENCE + 1 + 5 + DNS, "failover"],
      site: [0, 1800 + SILENT + 1 + 5 + DNS, "failover"],
    },
  },
  {
    title: "async: the lag is lost",
    changes: ['replication.mode = "async"', 'objectives.rpo = "1 min"'],
    expect: { process: [0, 43, "restart"], vm: [46, 69, "failover"], site: [46, 78, "failover"] },
  },
  {
    title: "async with 1 GiB of lag allowed",
    changes: ['replication.mode = "async"', 'objectives.rpo = "1 h"', 'replication.maximumLag = "1 GiB"'],
    // 1 GiB at 1 MiB/s = 1024 s, and the lease of 30 s; replay 1 GiB at 130 MB/s = 8.3 -> 9 s.
    expect: { vm: [30 + 1024, 30 + 10 + FENCE + 9 + 5 + DNS, "failover"] },
  },
  {
    title: "async with a longer lease: the primary may have told its place that long ago",
    changes: ['replication.mode = "async"', 'objectives.rpo = "2 min"', 'failover.ttl = "60 s"'],
    expect: { vm: [60 + 16, 60 + 10 + FENCE + 1 + 5 + DNS, "failover"] },
  },
  {
    title: "manual failover: half an hour for the operator",
    changes: ['failover.mode = "manual"'],
    expect: {
      process: [0, 1800 + 28 + 5, "restart"],
      vm: [0, 1800 + FENCE + 1 + 5 + DNS, "failover"],
      site: [0, 1800 + SILENT + 1 + 5 + DNS, "failover"],
    },
  },
  {
    title: "strict sync",
    changes: ["replication.strict = true"],
    expect: { vm: [0, 69, "failover"], site: [0, 78, "failover"] },
  },
  {
    title: "a second member at the primary's site never confirms alone",
    changes: [...second("pg-a2", "a", 104), ...second("pg-b2", "b", 105)],
    // 5 voters, site a takes 2: a majority of 3 is left.
    expect: { vm: [0, 69, "failover"], site: [0, 78, "failover"] },
  },
  {
    title: "three members at the primary's site take the majority with them",
    changes: [...second("pg-a2", "a", 104), ...second("pg-a3", "a", 105)],
    // 5 voters, site a takes 3.
    expect: { vm: [0, 69, "failover"], site: [0, 1800 + SILENT + 1 + 5 + DNS, "failover"] },
  },
  {
    title: "two confirmations with one foreign site: both may come from home",
    changes: [...second("pg-a2", "a", 104), ...second("pg-a3", "a", 105), "replication.synchronous = 2"],
    // Both confirming standbys may stand at site a: the loss of the site loses the lag.
    expect: { vm: [0, 69, "failover"], site: [46, 1800 + SILENT + 1 + 5 + DNS, "failover"] },
  },
  {
    title: "quorum of two over three standbys elsewhere",
    changes: [
      ...second("pg-b2", "b", 104),
      ...second("pg-b3", "b", 105),
      'replication.mode = "quorum"',
      "replication.synchronous = 2",
    ],
    expect: { vm: [0, 69, "failover"], site: [0, 78, "failover"] },
  },
  {
    title: "a large server: crash recovery outlasts Patroni's patience",
    // rto 5 min: patience 60 s; 8 GiB of WAL = 66.1 -> 67 s, so the standby takes over after 10 + 60 + 10.
    changes: ['cluster.sizing.class = "large"', "capacity removed"],
    expect: {
      process: [0, 10 + 60 + 10 + FENCE + 1 + 5 + DNS, "failover"],
      // 1 TiB at 100 MiB/s = 10485.76 -> 10486 s.
      operatorError: [70, 1800 + 10486 + 697 + 5 + DNS, "restore"],
    },
  },
  {
    title: "a large server with its own max_wal_size",
    changes: [
      'cluster.sizing.class = "large"',
      "capacity removed",
      'cluster.parameters.max_wal_size = "1GB"',
    ],
    expect: { process: [0, 10 + 9 + 5, "restart"] },
  },
  {
    title: "a bare number of max_wal_size counts megabytes",
    changes: ["cluster.parameters.max_wal_size = 512"],
    // 512 MiB / 130 MB/s = 4.1 -> 5 s.
    expect: { process: [0, 10 + 5 + 5, "restart"] },
  },
  {
    title: "eight processes restore a large server",
    changes: ['cluster.sizing.class = "large"', "capacity removed", "backup.base.parallelism = 8"],
    // 400 MiB/s: 1 TiB = 2621.44 -> 2622 s.
    expect: { operatorError: [70, 1800 + 2622 + 697 + 5 + DNS, "restore"] },
  },
  {
    title: "many processes are bound by the link",
    changes: ['cluster.sizing.class = "large"', "capacity removed", "backup.base.parallelism = 64"],
    // 3200 MiB/s would be more than 1 GiB/s: 1 TiB = 1024 s.
    expect: { operatorError: [70, 1800 + 1024 + 697 + 5 + DNS, "restore"] },
  },
  {
    title: "a slower archive and fulls only",
    changes: ['backup.wal.archiveTimeout = "5 min"', "backup.base.differential removed"],
    expect: {
      operatorError: [300 + 10, RESTORE_WEEK, "restore"],
      corruption: [310, RESTORE_WEEK, "restore"],
    },
  },
  {
    title: "hourly increments shorten the replay",
    changes: ['backup.base.incremental = {"schedule":"0 * * * *"}'],
    // 3600 MiB = 29.04 -> 30 s.
    expect: {
      operatorError: [70, 1800 + 205 + 30 + 5 + DNS, "restore"],
      corruption: [70, RESTORE_WEEK, "restore"],
    },
  },
  {
    title: "a single server with archive: the site is restored from it",
    changes: ALONE,
    expect: {
      process: [0, 1800 + 28 + 5, "restart"],
      vm: [0, 1800 + 60 + 28 + DNS, "restart"],
      host: [70, RESTORE_DAY, "restore"],
      site: [70, RESTORE_DAY, "restore"],
    },
  },
  {
    title: "a single server with snapshots only: the site is gone for good",
    changes: [...ALONE, "backup.base removed", "backup.wal removed"],
    expect: {
      vm: [0, 1800 + 60 + 28 + DNS, "restart"],
      site: [undefined, undefined, "nothing"],
      // A day and 10 min of copying; 50 GiB (20 + 20 + 10) at 100 MiB/s = 512 s.
      operatorError: [86400 + 600, 1800 + 512 + 60 + 28 + DNS, "snapshot"],
      corruption: [87000, 1800 + 512 + 60 + 28 + DNS, "snapshot"],
    },
  },
  {
    title: "a single server without any copy",
    changes: [...ALONE, "backup.base removed", "backup.wal removed", "backup.vmSnapshot removed"],
    expect: {
      operatorError: [undefined, undefined, "nothing"],
      corruption: [undefined, undefined, "nothing"],
    },
  },
  {
    title: "emulated guests boot slowly",
    changes: [...ALONE, 'kvm.domainType = "qemu"'],
    expect: { vm: [0, 1800 + 240 + 28 + DNS, "restart"] },
  },
  {
    title: "verified more rarely than backups are kept: corruption may outlive the last good one",
    changes: ['backup.verification = {"schedule":"0 4 1 * *"}'],
    // 31 days against 14.
    expect: { corruption: [undefined, undefined, "nothing"], operatorError: [70, RESTORE_DAY, "restore"] },
  },
];
