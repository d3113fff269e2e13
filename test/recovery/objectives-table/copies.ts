import {
  ALONE,
  DAY,
  DNS,
  FENCE,
  NO_BASE,
  RESTORE_DAY,
  RESTORE_WEEK,
  SNAPSHOT,
  type ObjectivesRow,
} from "./row.js";

/** What comes back from backups and snapshots. */
export const COPY_ROWS: readonly ObjectivesRow[] = [
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
      // A day and 10 min of copying.
      operatorError: [DAY + 600, SNAPSHOT, "snapshot"],
      // No backup is verified, so nobody knows how old it is.
      corruption: [undefined, undefined, "nothing"],
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
  {
    title: "corruption found within a month, and a snapshot older than that is kept",
    changes: [
      'backup.verification = {"schedule":"0 4 1 * *"}',
      'backup.vmSnapshot = {"retention":{"age":"60 d"}}',
    ],
    // Backups of 14 d may all be bad. The oldest snapshot is 60 - 1 d old; the last good one was made up to a day before.
    expect: {
      operatorError: [70, RESTORE_DAY, "restore"],
      corruption: [31 * DAY + DAY + 600, SNAPSHOT, "snapshot"],
    },
  },
  {
    title: "snapshots kept exactly as long as it takes to notice",
    changes: [
      'backup.verification = {"schedule":"0 4 1 * *"}',
      'backup.vmSnapshot = {"retention":{"age":"32 d"}}',
    ],
    expect: { corruption: [32 * DAY + 600, SNAPSHOT, "snapshot"] },
  },
  {
    title: "snapshots kept a day less than it takes to notice",
    changes: [
      'backup.verification = {"schedule":"0 4 1 * *"}',
      'backup.vmSnapshot = {"retention":{"age":"31 d"}}',
    ],
    expect: { corruption: [undefined, undefined, "nothing"] },
  },
  {
    title: "snapshots kept by number, whatever their age",
    changes: [
      'backup.verification = {"schedule":"0 4 1 * *"}',
      'backup.vmSnapshot = {"retention":{"age":"7 d","count":40}}',
    ],
    // The fortieth is 39 d old.
    expect: { corruption: [32 * DAY + 600, SNAPSHOT, "snapshot"] },
  },
  {
    title: "verified each week, which is as long as backups are kept",
    changes: ['backup.verification = {"schedule":"0 4 * * 1"}', 'backup.base.retention = {"age":"7 d"}'],
    expect: { corruption: [70, RESTORE_WEEK, "restore"] },
  },
  {
    title: "the fastest archive",
    changes: ['backup.wal.archiveTimeout = "5 s"'],
    expect: { operatorError: [5 + 10, RESTORE_DAY, "restore"], corruption: [15, RESTORE_WEEK, "restore"] },
  },
  {
    title: "the slowest archive",
    changes: ['backup.wal.archiveTimeout = "1 h"'],
    expect: { operatorError: [3600 + 10, RESTORE_DAY, "restore"] },
  },
  {
    title: "a full backup each day: corruption costs no longer replay than an error",
    changes: ['backup.base.full.schedule = "0 1 * * *"', "backup.base.differential removed"],
    expect: { operatorError: [70, RESTORE_DAY, "restore"], corruption: [70, RESTORE_DAY, "restore"] },
  },
  {
    title: "a full backup each month, a differential each week",
    changes: [
      'backup.base.full.schedule = "0 1 1 * *"',
      'backup.base.differential.schedule = "0 1 * * 0"',
      'backup.base.retention = {"age":"62 d"}',
    ],
    // 31 days of WAL: 2678400 MiB = 21603.9 -> 21604 s.
    expect: {
      operatorError: [70, RESTORE_WEEK, "restore"],
      corruption: [70, 1800 + 205 + 21604 + 5 + DNS, "restore"],
    },
  },
  {
    title: "an increment every five minutes",
    changes: ['backup.base.incremental = {"schedule":"*/5 * * * *"}'],
    // 300 MiB = 2.4 -> 3 s.
    expect: { operatorError: [70, 1800 + 205 + 3 + 5 + DNS, "restore"] },
  },
  {
    title: "one process restores",
    changes: ["backup.base.parallelism = 1"],
    // 20 GiB at 50 MiB/s = 409.6 -> 410 s.
    expect: { operatorError: [70, 1800 + 410 + 697 + 5 + DNS, "restore"] },
  },
  {
    title: "four tebibytes by eight processes take three hours",
    changes: ['cluster.sizing.class = "xlarge"', "capacity removed", "backup.base.parallelism = 8"],
    // 4 TiB at 400 MiB/s = 10485.8 -> 10486 s; a standby is as fast as ever.
    expect: {
      vm: [0, 30 + 10 + FENCE + 1 + 5 + DNS, "failover"],
      operatorError: [70, 1800 + 10486 + 697 + 5 + DNS, "restore"],
    },
  },
  {
    title: "a single server with snapshots every six hours",
    changes: [...ALONE, ...NO_BASE, 'backup.vmSnapshot = {"schedule":"0 */6 * * *"}'],
    expect: { operatorError: [6 * 3600 + 600, SNAPSHOT, "snapshot"] },
  },
  {
    title: "snapshots of a medium server",
    changes: [...ALONE, ...NO_BASE, 'cluster.sizing.class = "medium"'],
    // 270 GiB (20 + 200 + 50) at 100 MiB/s = 2764.8 -> 2765 s; 8 GiB of WAL = 67 s.
    expect: { operatorError: [DAY + 600, 1800 + 2765 + 60 + 67 + DNS, "snapshot"] },
  },
];
