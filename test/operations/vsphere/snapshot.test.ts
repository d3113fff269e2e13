import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import { forecastVmSnapshot, pruneVm } from "../../../operations/jobs/vsphere-snapshot/index.js";
import { disk, FakeVCenter, POSITION } from "./fake-vcenter.js";

const DAY = 86_400_000;

describe("a snapshot of a VM on vSphere", () => {
  let vcenter: FakeVCenter;
  beforeEach(() => (vcenter = new FakeVCenter()));
  afterEach(() => vcenter.end());
  const names = (): string[] => vcenter.snapshots.map(({ name }) => name);
  const detail = (step: string): string =>
    vcenter.records.at(-1)?.steps.find(({ id }) => id === step)?.detail ?? "";

  it("checkpoints, is quiesced, is proven and leaves a record", async () => {
    const result = await vcenter.run();
    assert.equal(result.copy, "pgkeep-20310110T020000Z");
    assert.deepEqual(vcenter.calls, ["create VirtualMachine:vm-7 pgkeep-20310110T020000Z quiesce=true"]);
    const [record] = vcenter.records;
    assert.equal(record?.kind, "snapshot");
    assert.equal(record.verdict, "passed");
    assert.equal(record.systemIdentifier, "7710948052182392866");
    assert.deepEqual(
      record.steps.map(({ id }) => id),
      ["heal", "check", "create", "checkpoint", "prove", "prune"],
    );
    assert.equal(detail("checkpoint"), "at 0/3000148 on timeline 1, before the freeze");
    assert.match(detail("prove"), /quiesced, no memory, 3 disks/);
    assert.deepEqual(vcenter.warnings, []);
  });

  const silent: readonly (readonly [why: string, set: (fake: FakeVCenter) => void, sign: RegExp])[] = [
    ["the guest tells of none", (fake) => (fake.tells = undefined), /the guest has told of none$/],
    [
      "it is declared not to be quiesced",
      (fake) => (fake.quiesce = false),
      /nothing is frozen, as declared$/,
    ],
    ["what the guest tells is nonsense", (fake) => (fake.tells = "{}"), /cannot be understood$/],
  ];
  for (const [why, set, sign] of silent)
    it(`is taken without a checkpoint where ${why}, which is said`, async () => {
      set(vcenter);
      await vcenter.run();
      assert.match(detail("checkpoint"), sign);
      assert.match(vcenter.warnings.join("\n"), /^no checkpoint in pg-a1: /);
      assert.equal(vcenter.records[0]?.verdict, "passed");
      assert.equal(vcenter.records[0].systemIdentifier, undefined);
    });

  it("does not take what the guest told at an earlier one for its own checkpoint", async () => {
    await vcenter.run();
    vcenter.now_ = new Date(vcenter.now_.getTime() + DAY);
    await vcenter.run();
    assert.match(detail("checkpoint"), /none since the last one$/);
    vcenter.now_ = new Date(vcenter.now_.getTime() + DAY);
    vcenter.tells = JSON.stringify({ ...POSITION, moment: vcenter.now_.toISOString() });
    await vcenter.run();
    assert.match(detail("checkpoint"), /^at 0\/3000148/);
  });

  const bad: readonly (readonly [name: string, set: (fake: FakeVCenter) => void, sign: RegExp])[] = [
    [
      "that vCenter did not quiesce",
      (fake) => (fake.quiesces = false),
      /does not count as a copy: it is not quiesced/,
    ],
    [
      "that lacks a disk",
      (fake) => (fake.onCreate = () => fake.shows([disk(2000), disk(2001)])),
      /disk 2002 is not in it/,
    ],
    [
      "with a disk that became independent meanwhile",
      (fake) =>
        (fake.onCreate = () =>
          fake.shows([disk(2000), disk(2001), disk(2002, { mode: "independent_persistent" })])),
      /Hard disk 3 is independent_persistent/,
    ],
    [
      "that holds the memory",
      (fake) =>
        (fake.onCreate = () => (fake.snapshots = fake.snapshots.with(-1, { ...fake.newest, memory: true }))),
      /it holds the guest's memory/,
    ],
    [
      "that is not there although govc said so",
      (fake) => (fake.onCreate = () => (fake.snapshots = [])),
      /has 0 snapshots pgkeep-20310110T020000Z of ours, not one/,
    ],
  ];
  for (const [name, set, sign] of bad)
    it(`${name} is reported and does not count`, async () => {
      for (const day of ["01-01", "01-02", "01-03"]) vcenter.own(`2031-${day}T02:00:00Z`);
      const good = names();
      set(vcenter);
      await assert.rejects(vcenter.run(), sign);
      assert.equal(vcenter.records[0]?.verdict, "failed");
      // Three good ones shall stay, whatever their age: the bad one is none of them.
      if (vcenter.snapshots.length > 0) for (const old of good) assert.ok(names().includes(old), old);
    });

  it("never removes the last good one, however old, and lets a bad one go by its age", async () => {
    const good = vcenter.own("2030-01-01T02:00:00Z").name;
    vcenter.own("2030-02-01T02:00:00Z", { quiesced: false });
    vcenter.quiesces = false;
    await assert.rejects(vcenter.run(), /not quiesced/);
    assert.deepEqual(names(), [good, "pgkeep-20310110T020000Z"]);
  });

  it("prunes by creation time, the oldest first, one by one", async () => {
    for (let day = 12; day >= 1; day -= 1)
      vcenter.own(new Date(vcenter.now_.getTime() - day * DAY - 1000).toISOString());
    const oldest = vcenter.snapshots.slice(0, 6).map(({ id }) => `remove VirtualMachine:vm-7 ${id}`);
    await vcenter.run();
    assert.deepEqual(
      vcenter.calls.filter((call) => call.startsWith("remove")),
      oldest,
    );
    assert.equal(vcenter.snapshots.length, 7);
  });

  it("believes vCenter's time of creation, not the name", async () => {
    const renamed = vcenter.own("2030-01-01T02:00:00Z", { created: vcenter.now_.getTime() - DAY });
    await vcenter.run();
    assert.ok(names().includes(renamed.name));
  });

  it("removes nothing by age when vCenter's clock is wrong, and fails", async () => {
    for (let year = 2020; year < 2026; year += 1) vcenter.own(`${year}-01-01T02:00:00Z`);
    vcenter.ahead = 3600;
    await assert.rejects(vcenter.run(), /vCenter's clock is 3600 s ahead of ours, so nothing is removed/);
    assert.equal(vcenter.snapshots.length, 7);
  });

  it("nor by hand", async () => {
    for (let year = 2020; year < 2026; year += 1) vcenter.own(`${year}-01-01T02:00:00Z`);
    vcenter.ahead = -400;
    await assert.rejects(pruneVm(vcenter.job()), /and ours differ by 400 s/);
    vcenter.ahead = 0;
    assert.equal((await pruneVm(vcenter.job())).removed.length, 3);
  });

  it("waits for what a killed run has begun in vCenter", async () => {
    vcenter.pending = [
      [{ what: "VirtualMachine.createSnapshot", user: "pgkeep" }],
      [{ what: "VirtualMachine.createSnapshot", user: "pgkeep" }],
    ];
    await vcenter.run();
    assert.match(detail("heal"), /waited for VirtualMachine.createSnapshot of pgkeep/);
  });

  it("is taken although an old one cannot be removed, which is reported", async () => {
    for (let year = 2020; year < 2025; year += 1) vcenter.own(`${year}-01-01T02:00:00Z`);
    vcenter.onRemove = () => {
      throw new Error("NoPermission");
    };
    await assert.rejects(vcenter.run(), /old snapshots could not be removed: NoPermission/);
    assert.ok(names().includes("pgkeep-20310110T020000Z"));
  });

  it("without a change when only asked what would happen", async () => {
    for (let year = 2020; year < 2025; year += 1) vcenter.own(`${year}-01-01T02:00:00Z`);
    const { disks, prune } = await forecastVmSnapshot(vcenter.job());
    assert.equal(disks[0], "Hard disk 1 ([ds] pg-a1/pg-a1_2000.vmdk)");
    assert.deepEqual(prune.removed, ["pgkeep-20200101T020000Z", "pgkeep-20210101T020000Z"]);
    assert.deepEqual(vcenter.calls, []);
  });
});
