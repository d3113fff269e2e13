import type { Subject } from "../../../policy/index.js";
import { COMPLIANT, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const declared = (...changes: string[]): Subject => subject("cluster", COMPLIANT.cluster(...changes));

export const declaredTable: RuleTable = [
  {
    rule: "objectives-achieved",
    violating: [
      [
        declared('objectives.rto = "1 min"'),
        /\.environment\.objectives\.rto: RTO after a failure of the VM is 69 s at worst.*ttl 30 s \+ loop_wait 10 s/,
      ],
      [declared("objectives.availability = 99.9999"), /availability/],
      [
        declared('objectives.restore = {"rpo":"1 min"}'),
        /\.environment\.objectives\.restore\.rpo: RPO after an operator's error is 70 s/,
      ],
      [subject("cluster", { environment: {} }), /no valid declaration/],
    ],
  },
  {
    rule: "backup-levels",
    violating: [
      [declared("backup.vmSnapshot removed"), /backup\.vmSnapshot: this level/],
      [
        declared("backup.base removed", "backup.wal removed", "drills.restore removed"),
        /backup\.base: this level/,
      ],
    ],
  },
  {
    rule: "backup-encrypted-elsewhere",
    violating: [[declared('backup.repository.encryption = "none"'), /not encrypted/]],
  },
  {
    rule: "backup-kept",
    violating: [
      [declared('backup.vmSnapshot.retention = {"age":"3 d"}'), /kept 3 d only/],
      [declared('backup.base.retention = {"age":"14 d","count":1}'), /1 may stay alone/],
    ],
  },
  {
    rule: "backups-frequent",
    violating: [
      [
        declared('backup.base.full.schedule = "0 1 1,11,21 * *"'),
        /backup\.base\.full\.schedule: every 11 d only/,
      ],
      [
        declared("backup.base.differential removed", "backup.base.incremental removed"),
        /backup\.base: every 1 w only/,
      ],
      [declared('backup.vmSnapshot.schedule = "0 2 * * 0"'), /backup\.vmSnapshot\.schedule: every 1 w only/],
    ],
  },
  {
    rule: "backup-fits-interval",
    violating: [
      [
        declared('backup.base.incremental = {"schedule":"2 1 * * *"}'),
        /backup\.base\.full\.schedule: .* take .*, and the next backup begins after 2 min/,
      ],
    ],
  },
  {
    rule: "evidence-kept",
    violating: [[declared('drills.evidence = {"retention":"90 d"}'), /kept 90 d only/]],
    compliant: [declared('drills.evidence = {"retention":"400 d"}')],
  },
  {
    rule: "backup-verified",
    violating: [[declared('backup.verification = {"schedule":"0 4 * * 0"}'), /every 1 w only/]],
  },
  {
    rule: "drills-scheduled",
    violating: [
      [declared("drills removed"), /drills\.restore: this drill is not scheduled/],
      [declared('drills.failover.schedule = "0 6 1 1 *"'), /drilled every 366 d only/],
    ],
  },
  {
    rule: "second-site",
    violating: [
      [
        declared(
          'cluster.members[1].site = "a"',
          "sites[1] removed",
          "kvm.hosts[1] removed",
          "replication.vm removed",
          "drills.site removed",
          "capacity removed",
          'failover.mode = "manual"',
        ),
        /every member is at one site/,
      ],
    ],
  },
  { rule: "capacity-reserved", violating: [[declared("capacity removed"), /nothing is reserved/]] },
  {
    rule: "old-primary-fenced",
    violating: [
      [declared("failover.fencing = false"), /not powered off/],
      [declared('failover.watchdog = "off"'), /no watchdog/],
    ],
  },
  {
    rule: "minor-version-safe",
    violating: [
      [declared('cluster.version = "17.10"'), /17\.10 is older than 17\.11/],
      [declared('cluster.version = "18.4"'), /18\.4 is older than 18\.6/],
    ],
  },
];
