import assert from "node:assert/strict";
import fc from "fast-check";
import { afterEach, beforeEach, describe, it } from "mocha";
import { markOf, ownerOf } from "../../../operations/jobs/vsphere-snapshot/ownership.js";
import type { VmSnapshot } from "../../../operations/ports/index.js";
import { FakeVCenter } from "./fake-vcenter.js";

describe("whose snapshot it is", () => {
  let vcenter: FakeVCenter;
  beforeEach(() => (vcenter = new FakeVCenter()));
  afterEach(() => vcenter.end());

  /** Each looks like one of ours in something and is not. */
  const foreign = (fake: FakeVCenter): VmSnapshot[] => {
    const ours = fake.own("2020-01-01T02:00:00Z");
    fake.snapshots = [];
    const { description } = ours;
    const made = (given: Partial<VmSnapshot>): VmSnapshot =>
      fake.put({ ...ours, created: Date.parse("2020-01-01T02:00:00Z"), ...given });
    return [
      made({ name: "before-upgrade", description: "" }),
      made({ description: "" }),
      made({ description: "nightly copy by another tool" }),
      made({ description: description.replace("test-kvm", "test-other") }),
      made({ description: description.replace('"pg-a1"', '"pg-b1"') }),
      made({ description: description.replace("000000000001", "000000000002") }),
      made({ description: `${description} extended` }),
      made({ name: "pgkeep-before-upgrade" }),
      made({ name: "pgkeep-20200101T020000Z-kept" }),
      made({ name: "pgkeep-20209901T020000Z" }),
    ];
  };

  it("foreign ones are never removed, whatever they are called, and counted for nothing", async () => {
    const others = foreign(vcenter);
    const last = vcenter.own("2020-06-01T02:00:00Z");
    vcenter.quiesces = false;
    await assert.rejects(vcenter.run(), /not quiesced/);
    for (const { id, name } of [...others, last])
      assert.ok(
        vcenter.snapshots.some((snapshot) => snapshot.id === id),
        name,
      );
    assert.equal(
      vcenter.warnings.filter((text) => /has a name like ours and is not ours/.test(text)).length,
      6,
    );
  });

  it("no text of others makes a snapshot ours", () => {
    const owner = ownerOf("test-kvm", "pg-a1", vcenter.machineNow);
    const ours = vcenter.own("2020-01-01T02:00:00Z");
    assert.deepEqual(markOf(ours, owner)?.disks, [2000, 2001, 2002]);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.equal(markOf({ ...ours, description: `pgkeep/vm-snapshot/1 ${text}` }, owner), undefined);
        assert.equal(markOf({ ...ours, name: `pgkeep-${text}` }, owner), undefined);
      }),
    );
  });

  it("one that somebody renames while the job runs is left alone", async () => {
    for (let year = 2020; year < 2026; year += 1) vcenter.own(`${year}-01-01T02:00:00Z`);
    vcenter.onRemove = () =>
      (vcenter.snapshots = vcenter.snapshots.map((snapshot) => ({ ...snapshot, name: "mine now" })));
    await assert.rejects(vcenter.run(), /is not ours any more/);
    assert.equal(vcenter.calls.filter((call) => call.startsWith("remove")).length, 1);
  });

  it("the last good one stays when the others vanish while the job runs", async () => {
    const ids: string[] = [];
    for (let year = 2020; year < 2026; year += 1) ids.push(vcenter.own(`${year}-01-01T02:00:00Z`).id);
    vcenter.onRemove = () =>
      (vcenter.snapshots = vcenter.snapshots.filter(({ id }) => !ids.slice(2).includes(id)));
    vcenter.createSnapshot = () => Promise.reject(new Error("no"));
    await assert.rejects(vcenter.run(), /is the last good snapshot of pg-a1/);
    assert.deepEqual(
      vcenter.snapshots.map(({ id }) => id),
      [ids[1]],
    );
  });

  it("a name that is the reference of another one is not given to govc", async () => {
    for (let year = 2020; year < 2024; year += 1) vcenter.own(`${year}-01-01T02:00:00Z`);
    const oldest = vcenter.snapshots[0]?.id ?? "";
    vcenter.put({ name: oldest });
    await assert.rejects(vcenter.run(), /is called snapshot-101, which is the reference of another one/);
    assert.deepEqual(
      vcenter.calls.filter((call) => call.startsWith("remove")),
      [],
    );
  });
});
