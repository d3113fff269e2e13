import assert from "node:assert/strict";
import type { Subject } from "../../policy/index.js";
import { judge, subject } from "./fixtures.js";

const PGBACKREST = `[global]
repo1-host=backup.example.org
repo1-cipher-type=aes-256-cbc
repo1-retention-full=7
[main]
archive_command = 'pgbackrest --stanza=main archive-push %p'
`;
const TIMERS = `[Timer]\nOnCalendar=*-*-* 01:00:00 UTC\n
ExecStart=pgbackrest --stanza=main backup
ExecStart=pgbackrest --stanza=main verify --output=text --verbose
ExecStart=/usr/local/sbin/restore-drill
`;
const SERVER = "ssl = on\nlog_connections = 'authentication,authorization'\n";
const PATRONI = "patroni:\n  watchdog:\n    mode: required\n";

/** Two database VMs of raw resources on two hypervisors, with what a careful person adds. */
function byHand(...contents: readonly string[]): Subject[] {
  return [
    subject("domain", {}, { name: "pg-a", provider: "host-a" }),
    subject("domain", {}, { name: "pg-b", provider: "host-b" }),
    subject("cloudInit", { userData: contents.join("\n") }),
  ];
}

const urnOf = (chain: string): string => `urn:pulumi:test::test::${chain}::orders`;
const CHAIN = "pgkeep:libvirt:PostgresCluster";

/** A cluster of ours with a VM of its own, and everything that it promises in its texts. */
function ofCluster(): Subject[] {
  const seed = [PGBACKREST, TIMERS, PATRONI, SERVER].join("\n");
  return [
    subject("cluster", {}, { urn: urnOf(CHAIN) }),
    subject("domain", {}, { urn: urnOf(`${CHAIN}$pgkeep:libvirt:PostgresVm$libvirt:index/domain:Domain`) }),
    subject("remote", { stdin: seed }, { urn: urnOf(`${CHAIN}$command:remote:Command`) }),
  ];
}

function texts(id: string, resources: readonly Subject[]): string[] {
  return judge(id, resources).map(({ text }) => text.split(".")[0] ?? "");
}

describe("rules about stacks made by hand", () => {
  const ids = [
    "hand-made-backup",
    "hand-made-repository",
    "hand-made-drills",
    "hand-made-failover",
    "hand-made-server",
    "hand-made-second-site",
    "hand-made-version",
  ];

  for (const id of ids) {
    it(`${id} passes a careful stack`, () =>
      assert.deepEqual(
        judge(id, byHand(PGBACKREST, TIMERS, PATRONI, SERVER, "packages: [postgresql-17=17.11-1]")),
        [],
      ));
    it(`${id} says nothing about a stack with a cluster of ours, or without any VM`, () => {
      assert.deepEqual(judge(id, ofCluster()), []);
      assert.deepEqual(judge(id, [subject("network")]), []);
    });
    it(`${id} says the same about a bare VM with and without a cluster of ours beside it`, () => {
      const bare = [
        subject("domain", {}, { name: "pg" }),
        subject("cloudInit", { userData: "packages: [postgresql-17=17.10-1]" }),
      ];
      assert.ok(judge(id, bare).length > 0);
      assert.deepEqual(judge(id, [...ofCluster(), ...bare]), judge(id, bare));
    });
  }

  it("find what a bare VM lacks", () => {
    assert.deepEqual(texts("hand-made-backup", byHand()), [
      "nothing shows a WAL archive for pg-a, pg-b",
      "nothing shows a base backup for pg-a, pg-b",
      "nothing shows a schedule for pg-a, pg-b",
      "nothing shows a verification of backups for pg-a, pg-b",
    ]);
    assert.deepEqual(texts("hand-made-repository", byHand()), [
      "nothing shows an encrypted repository for pg-a, pg-b",
      "nothing shows a retention for pg-a, pg-b",
      "nothing shows a repository away from the server for pg-a, pg-b",
    ]);
    assert.deepEqual(texts("hand-made-drills", byHand(PGBACKREST)), [
      "nothing shows a restore drill for pg-a, pg-b",
      "nothing shows a schedule for pg-a, pg-b",
    ]);
    assert.deepEqual(texts("hand-made-failover", byHand()), [
      "nothing shows a failover manager for pg-a, pg-b",
      "nothing shows a watchdog or fencing for pg-a, pg-b",
    ]);
    assert.deepEqual(texts("hand-made-server", byHand("ssl: off\n# log_connections = on\n")), [
      "nothing shows a server with TLS (ssl = on) for pg-a, pg-b",
      "nothing shows a server that logs who connects (log_connections) for pg-a, pg-b",
    ]);
  });

  it("read what a seed holds in base64", () => {
    const seed = `content: ${Buffer.from(PGBACKREST + TIMERS).toString("base64")}`;
    assert.deepEqual(judge("hand-made-repository", byHand(seed)), []);
    assert.deepEqual(judge("hand-made-backup", byHand(seed)), []);
  });

  it("find what Patroni's parameters set", () =>
    assert.deepEqual(
      judge("hand-made-server", byHand("postgresql:\n  parameters: { ssl: on, log_connections: 'on' }\n")),
      [],
    ));

  it("find one hypervisor under all VMs", () => {
    const one = [
      subject("domain", {}, { provider: "host-a" }),
      subject("domain", {}, { provider: "host-a" }),
    ];
    assert.deepEqual(texts("hand-made-second-site", one), ["2 VMs on one hypervisor"]);
  });

  it("find old packages, named with their place", () => {
    const [report] = judge("hand-made-version", byHand("packages: [postgresql-17=17.10-1.pgdg12+1]"));
    assert.match(report?.text ?? "", /^\.userData: 17\.10 is older than 17\.11/);
    const [old] = judge("hand-made-version", byHand("image: postgres-15.3.qcow2"));
    assert.match(old?.text ?? "", /PostgreSQL 15 is not supported/);
  });
});
