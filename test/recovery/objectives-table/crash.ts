import { CRASH, DNS, FENCE, LARGE, type ObjectivesRow } from "./row.js";

/** How long the server needs to start again after a crash. */
export const CRASH_ROWS: readonly ObjectivesRow[] = [
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
    title: "a short RTO: smaller max_wal_size, less patience",
    // 40 s x 0.5 x 130 MB/s = 2.6 GB -> 2479 MiB = 19.995 -> 20 s; patience 40 / 4 = 10 s, so the standby takes over.
    changes: ['objectives.rto = "40 s"'],
    expect: { process: [0, 10 + 10 + 10 + FENCE + 1 + 5 + DNS, "failover"] },
  },
  {
    title: "a short RTO that is not too short for crash recovery",
    // 2 min: patience 30 s, and max_wal_size stays a third of the disk.
    changes: ['objectives.rto = "2 min"'],
    expect: { process: [0, 10 + CRASH + 5, "restart"] },
  },
  {
    title: "a medium server: 8 GiB of WAL outlast a minute of patience",
    changes: ['cluster.sizing.class = "medium"', "capacity removed"],
    // 8 GiB = 66.1 -> 67 s; 200 GiB at 100 MiB/s = 2048 s.
    expect: {
      process: [0, 10 + 60 + 10 + FENCE + 1 + 5 + DNS, "failover"],
      operatorError: [70, 1800 + 2048 + 697 + 5 + DNS, "restore"],
      corruption: [70, 1800 + 2048 + 4879 + 5 + DNS, "restore"],
    },
  },
  {
    title: "a medium web server keeps 4 GiB of WAL, so it starts in its place",
    changes: ['cluster.sizing.class = "medium"', "capacity removed", 'cluster.workload = "web"'],
    // 4 GiB = 33.04 -> 34 s.
    expect: { process: [0, 10 + 34 + 5, "restart"] },
  },
  {
    title: "a warehouse keeps 16 GiB of WAL, and a person waits for it",
    changes: [...LARGE, 'cluster.workload = "warehouse"', 'failover.mode = "manual"'],
    // 16 GiB = 132.2 -> 133 s.
    expect: { process: [0, 1800 + 133 + 5, "restart"] },
  },
  {
    title: "max_wal_size of 2 GB by hand",
    changes: ['cluster.parameters.max_wal_size = "2GB"'],
    // 2 GiB = 16.5 -> 17 s.
    expect: { process: [0, 10 + 17 + 5, "restart"] },
  },
];
