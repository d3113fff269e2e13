import type { Subject } from "../../../policy/index.js";
import { seed, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const CAREFUL = `[global]
repo1-host=backup.example.org
repo1-cipher-type=aes-256-cbc
repo1-retention-full=7
[main]
archive_command = 'pgbackrest --stanza=main archive-push %p'
[Timer]
OnCalendar=*-*-* 01:00:00 UTC
ExecStart=pgbackrest --stanza=main backup
ExecStart=pgbackrest --stanza=main verify
ExecStart=/usr/local/sbin/restore-drill
ssl = on
log_connections = on
patroni:
  watchdog: { mode: required }
packages: [postgresql-17=17.11-1]
`;

const domains = (second: string): readonly Subject[] => [
  subject("domain", {}, { name: "pg-a", provider: "host-a" }),
  subject("domain", {}, { name: "pg-b", provider: second }),
];
const machines = (secondPool: string): readonly Subject[] => [
  subject("vm", {}, { name: "pg-a" }),
  subject("vm", { resourcePoolId: secondPool }, { name: "pg-b" }),
];
const careful = [
  [...domains("host-b"), seed(CAREFUL)],
  [...machines("resgroup-99"), seed(CAREFUL)],
];
const without = (line: RegExp): readonly Subject[] => [...domains("host-b"), seed(CAREFUL.replace(line, ""))];

export const handMadeTable: RuleTable = [
  {
    rule: "hand-made-backup",
    violating: [
      [without(/^archive_command.*$/m), /nothing shows a WAL archive for pg-a, pg-b/],
      [without(/^.* backup$/m), /nothing shows a base backup/],
      [without(/^OnCalendar.*$/m), /nothing shows a schedule/],
      [without(/^.* verify$/m), /nothing shows a verification/],
      [machines("resgroup-99"), /nothing shows a WAL archive for pg-a, pg-b/],
    ],
    compliant: careful,
  },
  {
    rule: "hand-made-repository",
    violating: [
      [without(/^repo1-cipher.*$/m), /an encrypted repository/],
      [without(/^repo1-retention.*$/m), /a retention/],
      [without(/^repo1-host.*$/m), /away from the server/],
    ],
    compliant: careful,
  },
  {
    rule: "hand-made-drills",
    violating: [[without(/^.*restore-drill$/m), /a restore drill/]],
    compliant: careful,
  },
  {
    rule: "hand-made-failover",
    violating: [
      [without(/^patroni:$/m), /a failover manager/],
      [without(/^.*watchdog.*$/m), /a watchdog or fencing/],
    ],
    compliant: careful,
  },
  {
    rule: "hand-made-server",
    violating: [
      [without(/^ssl = on$/m), /a server with TLS/],
      [without(/^log_connections.*$/m), /logs who connects/],
    ],
    compliant: careful,
  },
  {
    rule: "hand-made-second-site",
    violating: [
      [domains("host-a"), /2 VMs on one hypervisor/],
      [machines("resgroup-8"), /2 VMs on one cluster/],
    ],
    compliant: careful,
  },
  {
    rule: "hand-made-version",
    violating: [
      [[seed("packages: [postgresql-17=17.10-1]\n")], /17\.10 is older than 17\.11/],
      [[seed("image: postgres-15.3.qcow2\n")], /PostgreSQL 15 is not supported/],
    ],
    compliant: careful,
  },
];
