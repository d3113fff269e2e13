import assert from "node:assert/strict";
import { parseEnvironment } from "../../components/declaration/index.js";
import { achieved, jobs, recoveryPlan, type RecoveryPlan } from "../../components/recovery/index.js";
import { changed } from "../declaration/change.js";

function planOf(...changes: string[]): RecoveryPlan {
  return recoveryPlan(parseEnvironment(changed(changes)));
}

describe("recovery plan", () => {
  it("is the same text for the same declaration", () =>
    assert.equal(JSON.stringify(planOf()), JSON.stringify(planOf())));

  it("survives being written and read", () =>
    assert.deepEqual(JSON.parse(JSON.stringify(planOf())), planOf()));

  it("places members and witness on the hypervisor of their site", () =>
    assert.deepEqual(
      planOf().guests.map(({ name, kind, site, host }) => [name, kind, site, host]),
      [
        ["pg-a1", "member", "a", "host-a"],
        ["pg-b1", "member", "b", "host-b"],
        ["w1", "witness", "w", "host-w"],
      ],
    ));

  it("gives every interface a MAC address of its own in QEMU's range", () => {
    const macs = planOf().guests.flatMap((guest) => Object.values(guest.macs));
    assert.equal(macs.length, 9);
    assert.equal(new Set(macs).size, 9);
    for (const mac of macs) assert.match(mac, /^52:54:00(:[0-9a-f]{2}){3}$/);
  });

  it("refuses addresses that would come to the same MAC address, by name", () => {
    const digest = (text: string): number =>
      [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 0x10000, 7);
    const wide = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const seen = new Map<number, string>();
    let twins: [string, string] | undefined;
    for (let n = (80 << 16) + 1; twins === undefined; n++) {
      const earlier = seen.get(digest(wide(n)));
      if (earlier !== undefined && (n & 255) !== 255) twins = [earlier, wide(n)];
      seen.set(digest(wide(n)), wide(n));
    }
    const [first, second] = twins;
    assert.throws(
      () =>
        planOf(
          'kvm.networks.replication = "10.80.0.0/12"',
          `kvm.addresses[0].replication = "${first}"`,
          `kvm.addresses[1].replication = "${second}"`,
          'kvm.addresses[2].replication = "10.95.9.9"',
        ),
      new RegExp(`kvm.addresses: replication ${second} of pg-b1 gives the MAC address of pg-a1`),
    );
  });

  it("keeps MAC addresses when another member is added", () => {
    const before = planOf().guests[0];
    const after = planOf(
      'cluster.members appended {"name":"pg-b2","site":"b"}',
      'cluster.members appended {"name":"pg-b3","site":"b"}',
      'kvm.addresses appended {"guest":"pg-b2","management":"10.77.0.104","client":"10.77.1.104","replication":"10.77.2.104"}',
      'kvm.addresses appended {"guest":"pg-b3","management":"10.77.0.105","client":"10.77.1.105","replication":"10.77.2.105"}',
    ).guests[0];
    assert.deepEqual(after, before);
  });

  it("names three disks a guest, in the pool of its hypervisor", () =>
    assert.deepEqual(
      planOf('kvm.hosts[0].poolPath = "/srv/pool"').guests[0]?.disks.map(({ target, path }) => [
        target,
        path,
      ]),
      [
        ["vda", "/srv/pool/pg-a1-system.qcow2"],
        ["vdb", "/srv/pool/pg-a1-data.qcow2"],
        ["vdc", "/srv/pool/pg-a1-wal.qcow2"],
      ],
    ));

  it("names the witness as repository, and none without base backup", () => {
    assert.equal(planOf().repository, "w1");
    assert.equal(
      planOf("backup.base removed", "backup.wal removed", "drills.restore removed").repository,
      undefined,
    );
  });

  it("carries what the declaration achieves", () =>
    assert.deepEqual(planOf().achieved, achieved(parseEnvironment(changed([])))));

  it("holds no key that could carry a secret", () =>
    assert.doesNotMatch(JSON.stringify(planOf()), /"(password|passphrase|private|secret|token|tsig)"/i));
});

describe("jobs", () => {
  const table = (...changes: string[]): string[] =>
    jobs(planOf(...changes)).map(
      ({ id, host, schedule, arguments: words }) => `${host}: ${schedule}: ${id}: ${words.join(" ")}`,
    );

  it("follow from the declaration, each on the hypervisor that keeps it alive", () =>
    assert.deepEqual(table(), [
      "host-a: 0 2 * * *: snapshot-pg-a1: snapshot pg-a1",
      "host-b: 0 2 * * *: snapshot-pg-b1: snapshot pg-b1",
      "host-w: 0 2 * * *: snapshot-w1: snapshot w1",
      "host-a: 0 * * * *: replicate-pg-a1: replicate pg-a1",
      "host-w: 0 1 * * 0: backup-full: backup full",
      "host-w: 0 1 * * 1-6: backup-diff: backup diff",
      "host-w: 0 4 * * *: verify: verify",
      "host-w: 0 5 1 * *: drill-restore: drill restore",
      "host-w: 0 6 1 * *: drill-failover: drill failover",
      "host-w: 0 7 1 * *: drill-site: drill site",
    ]));

  it("are left out with what is not declared", () =>
    assert.deepEqual(
      table(
        "backup.vmSnapshot removed",
        "backup.base removed",
        "backup.wal removed",
        "replication.vm removed",
        "drills removed",
      ),
      [],
    ));

  it("have ids that are unique a hypervisor and fit a unit's name", () => {
    const list = jobs(planOf('backup.base.incremental = {"schedule":"0 * * * *"}'));
    const keys = list.map(({ host, id }) => `${host} ${id}`);
    assert.equal(new Set(keys).size, keys.length);
    for (const { id } of list) assert.match(id, /^[a-z0-9-]+$/);
  });
});
