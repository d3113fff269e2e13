import {
  CRASH,
  DAY,
  DNS,
  FENCE,
  NO_BASE,
  RESTORE_DAY,
  RESTORE_WEEK,
  second,
  SILENT,
  SNAPSHOT,
  VIP,
  type ObjectivesRow,
} from "./row.js";

/** What a standby or a copy of the VM saves when a machine or a site is lost. */
export const FAILOVER_ROWS: readonly ObjectivesRow[] = [
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
    title: "manual failover to a virtual address",
    changes: ['failover.mode = "manual"', 'failover.redirect = {"kind":"vip","address":"10.77.1.100"}'],
    expect: {
      vm: [0, 1800 + FENCE + 1 + 5 + VIP, "failover"],
      site: [0, 1800 + SILENT + 1 + 5 + VIP, "failover"],
    },
  },
  {
    title: "async with the shortest lease and a virtual address",
    changes: [
      'replication.mode = "async"',
      'objectives.rpo = "1 min"',
      'failover.ttl = "20 s"',
      'failover.loopWait = "5 s"',
      'failover.retryTimeout = "5 s"',
      'failover.redirect = {"kind":"vip","address":"10.77.1.100"}',
    ],
    // A lease of 20 s and 16 s of lag.
    expect: {
      vm: [20 + 16, 20 + 5 + FENCE + 1 + 5 + VIP, "failover"],
      host: [20 + 16, 20 + 5 + SILENT + 1 + 5 + VIP, "failover"],
    },
  },
  {
    title: "async with the least lag allowed",
    changes: ['replication.mode = "async"', 'objectives.rpo = "1 min"', 'replication.maximumLag = "1 MiB"'],
    // 1 MiB at 1 MiB/s = 1 s; its replay takes 8 ms, counted as a second.
    expect: { vm: [30 + 1, 30 + 10 + FENCE + 1 + 5 + DNS, "failover"] },
  },
  {
    title: "async with the most lag allowed: most of a day is lost",
    changes: ['replication.mode = "async"', 'objectives.rpo = "7 d"', 'replication.maximumLag = "100 GiB"'],
    // 102400 MiB at 1 MiB/s; replay 107374182400 B / 130 MB/s = 825.96 -> 826 s.
    expect: { site: [30 + 102400, 30 + 10 + SILENT + 826 + 5 + DNS, "failover"] },
  },
  {
    title: "two sites without a witness: a person decides, and nothing can keep base backups",
    changes: [
      ...NO_BASE,
      "sites[2] removed",
      "kvm.hosts[2] removed",
      "kvm.addresses[2] removed",
      "kvm.witness removed",
      'backup.repository.site = "b"',
      'failover.mode = "manual"',
    ],
    expect: {
      process: [0, 1800 + CRASH + 5, "restart"],
      host: [0, 1800 + SILENT + 1 + 5 + DNS, "failover"],
      site: [0, 1800 + SILENT + 1 + 5 + DNS, "failover"],
      operatorError: [DAY + 600, SNAPSHOT, "snapshot"],
    },
  },
];
