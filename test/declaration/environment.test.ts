import assert from "node:assert/strict";
import {
  DeclarationError,
  guestNames,
  parseEnvironment,
  parseSecrets,
} from "../../components/declaration/index.js";
import { kvmEnvironment } from "../fixtures/environment.js";
import { changed } from "./change.js";

describe("access rules with a last day", () => {
  const withEnd = (expires: string): unknown => {
    const input = kvmEnvironment();
    const [rule] = input.access?.rules ?? [];
    assert.ok(rule !== undefined);
    rule.expires = expires;
    return input;
  };

  it("are refused from the day after, by path, wherever the day is known", () => {
    assert.equal(
      parseEnvironment(withEnd("2027-06-30"), "2027-06-30").access.rules[0]?.expires,
      "2027-06-30",
    );
    assert.throws(
      () => parseEnvironment(withEnd("2027-06-30"), "2027-07-01"),
      (error) =>
        error instanceof DeclarationError &&
        error.problems.map(({ path, problem }) => `${path} ${problem}`).join() ===
          "access.rules[0].expires ended before 2027-07-01",
    );
  });

  it("stop no job of an environment that stands", () => {
    assert.ok(parseEnvironment(withEnd("2020-01-01")).access.rules.length > 0);
  });
});

describe("valid declarations", () => {
  const environment = parseEnvironment(kvmEnvironment());

  it("come out with units parsed and defaults filled in", () => {
    assert.deepEqual(environment.cluster.version, { major: 17, minor: 11 });
    assert.equal(environment.cluster.sizing.memory, 4 * 1024 ** 3);
    assert.deepEqual(environment.objectives, {
      rpo: 0,
      rto: 300,
      availability: 99.9,
      restore: { rpo: 300, rto: 14400 },
    });
    assert.equal(environment.failover.ttl, 30);
    assert.equal(environment.backup.wal?.archiveTimeout, 60);
    assert.equal(environment.backup.repository.encryption, "aes-256-cbc");
    assert.deepEqual(environment.backup.vmSnapshot?.retention, { age: 7 * 86400, count: 2 });
    assert.equal(environment.hardening.secureBoot, true);
    assert.deepEqual(guestNames(environment), ["pg-a1", "pg-b1", "w1"]);
  });

  it("do not change what was handed in", () => {
    const input = kvmEnvironment();
    const before = structuredClone(input);
    parseEnvironment(input);
    assert.deepEqual(input, before);
  });

  it("take extensions whose names begin with pg_ or hold a hyphen", () => {
    const names = ["pg_trgm", "uuid-ossp"];
    const { cluster } = parseEnvironment(
      changed([`cluster.databases[0].extensions = ${JSON.stringify(names)}`]),
    );
    assert.deepEqual(cluster.databases[0]?.extensions, names);
  });

  const single = [
    'cluster.members = [{"name":"pg-a1","site":"a"}]',
    'sites = [{"name":"a","role":"primary"}]',
    'kvm.hosts = [{"name":"host-a","site":"a","address":"10.77.0.11","hostKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmVYzGJBLmlzQe1Z1rBQ6vJXb0lMvTzE1mYvWQGfVxA","bridges":{"management":"br-m","client":"br-c","replication":"br-r"}}]',
    'kvm.addresses = [{"guest":"pg-a1","management":"10.77.0.101","client":"10.77.1.101","replication":"10.77.2.101"}]',
    "kvm.witness removed",
  ];
  const variants: Readonly<Record<string, readonly string[]>> = {
    "PostgreSQL 18": ['cluster.version = "18.6"'],
    "quorum with three members": [
      'cluster.members appended {"name":"pg-b2","site":"b"}',
      'cluster.members appended {"name":"pg-b3","site":"b"}',
      'kvm.addresses appended {"guest":"pg-b2","management":"10.77.0.104","client":"10.77.1.104","replication":"10.77.2.104"}',
      'kvm.addresses appended {"guest":"pg-b3","management":"10.77.0.105","client":"10.77.1.105","replication":"10.77.2.105"}',
      'replication.mode = "quorum"',
      "replication.synchronous = 2",
      "replication.strict = true",
    ],
    "asynchronous replication with an RPO": ['replication.mode = "async"', 'objectives.rpo = "1 min"'],
    "manual failover without watchdog": [
      'failover.mode = "manual"',
      'failover.watchdog = "off"',
      "failover.fencing = false",
    ],
    "a virtual address": ['failover.redirect = {"kind":"vip","address":"10.77.1.100"}'],
    "direct kernel boot under emulation": [
      "hardening.secureBoot = false",
      'kvm.domainType = "qemu"',
      'kvm.boot = {"kind":"direct","kernel":"/boot/vmlinuz-6.12","initrd":"/boot/initrd.img","commandLine":"root=/dev/vda console=ttyS0"}',
    ],
    "packages from a mirror": [
      'kvm.image.packages = "mirror"',
      'kvm.image.mirror = "https://mirror.example.org/debian"',
    ],
    "sizes one by one": [
      'cluster.sizing = {"cpus":4,"memory":"8 GiB","data":"100 GiB","wal":"20 GiB","storage":"nvme"}',
      "capacity removed",
    ],
    "server settings of one's own": [
      'cluster.parameters = {"work_mem":"32MB","max_connections":150,"jit":false,"pgaudit.log_catalog":false,"log_min_duration_statement":"2s","pg_partman_bgw.interval":3600}',
    ],
    "IPv6 groups": ['access.groups[0].networks[0] = "2001:db8:1::/64"', 'kvm.gateway = "10.77.1.1"'],
    "groups elsewhere, with a gateway": [
      'access.groups[0].networks = ["192.0.2.0/24"]',
      'kvm.gateway = "10.77.1.1"',
    ],
    "a witness's hypervisor elsewhere: nobody fences it": ['kvm.hosts[2].address = "192.0.2.13"'],
    "hypervisors elsewhere without fencing": [
      "failover.fencing = false",
      'kvm.hosts[0].address = "192.0.2.11"',
    ],
    "nobody may connect": ["access removed", "cluster.roles removed"],
    "a single server, backed up by snapshots only": [
      ...single,
      'replication = {"mode":"async"}',
      'failover.mode = "manual"',
      'objectives.rpo = "1 d"',
      "backup.base removed",
      "backup.wal removed",
      'backup.repository.site = "b"',
      'sites = [{"name":"a","role":"primary"},{"name":"b","role":"witness"}]',
      'kvm.witness = {"name":"w1"}',
      'kvm.hosts appended {"name":"host-b","site":"b","address":"10.77.0.12","hostKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmVYzGJBLmlzQe1Z1rBQ6vJXb0lMvTzE1mYvWQGfVxA","bridges":{"management":"br-m","client":"br-c","replication":"br-r"}}',
      'kvm.addresses appended {"guest":"w1","management":"10.77.0.103","client":"10.77.1.103","replication":"10.77.2.103"}',
      "drills removed",
      "capacity removed",
    ],
    "a weekday 7 for Sunday": ['backup.base.full.schedule = "0 1 * * 7"'],
    "every optional section left out": [
      "platformRoles removed",
      "drills removed",
      "capacity removed",
      "scanning removed",
    ],
  };
  for (const [title, changes] of Object.entries(variants))
    it(title, () => assert.doesNotThrow(() => parseEnvironment(changed(changes))));
});

describe("secrets", () => {
  const environment = parseEnvironment(kvmEnvironment());
  const password = "p".repeat(24);
  const pair = { private: "private", public: "public" };
  const certificate = { certificate: "certificate", key: "key" };
  const full = {
    authority: "authority",
    certificates: { "pg-a1": certificate, "pg-b1": certificate, w1: certificate },
    passwords: {
      replicator: password,
      rewind: password,
      shop_app: password,
      shop_ro: password,
      metrics: password,
    },
    repositoryPassphrase: "r".repeat(32),
    patroniPassword: password,
    tsig: "dHNpZw==",
    operationsKey: pair,
    fencingKey: pair,
  };

  it("that fit are accepted", () => assert.deepEqual(parseSecrets(full, environment), full));

  it("of roles and guests that are not declared go nowhere", () =>
    assert.deepEqual(
      parseSecrets(
        {
          ...full,
          certificates: { ...full.certificates, "pg-c1": certificate },
          passwords: { ...full.passwords, gone: password },
        },
        environment,
      ),
      full,
    ));

  const bad: Readonly<Record<string, readonly [unknown, readonly string[]]>> = {
    "nothing at all": [undefined, ["secrets"]],
    "a guest without certificate": [
      { ...full, certificates: { "pg-a1": certificate, w1: certificate } },
      ["secrets.certificates.pg-b1"],
    ],
    "a role without password": [
      { ...full, passwords: { replicator: password, rewind: password } },
      ["secrets.passwords.shop_app", "secrets.passwords.shop_ro", "secrets.passwords.metrics"],
    ],
    "a short password": [
      { ...full, passwords: { ...full.passwords, shop_app: "hunter2" } },
      ["secrets.passwords.shop_app"],
    ],
    "no TSIG with DNS": [{ ...full, tsig: undefined }, ["secrets.tsig"]],
    "no fencing key with fencing": [{ ...full, fencingKey: undefined }, ["secrets.fencingKey"]],
    "a short passphrase": [{ ...full, repositoryPassphrase: "hunter2" }, ["secrets.repositoryPassphrase"]],
  };
  for (const [title, [input, paths]] of Object.entries(bad))
    it(`are refused: ${title}`, () => {
      assert.throws(
        () => parseSecrets(input, environment),
        (error) => {
          assert.ok(error instanceof DeclarationError);
          assert.deepEqual(
            error.problems.map(({ path }) => path),
            paths,
          );
          assert.ok(
            error.problems.every(
              ({ value, remedy }) => value === "(hidden)" && remedy.includes("pgkeep secrets init"),
            ),
          );
          assert.ok(!error.message.includes("hunter2") && !error.message.includes(password));
          return true;
        },
      );
    });
});
