import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import { EXIT, OperationError } from "../../../operations/errors.js";
import { CHAIN_LIMIT, CHAIN_RESERVE } from "../../../operations/jobs/vsphere-snapshot/preflight.js";
import { disk, FakeVCenter, GIB } from "./fake-vcenter.js";

describe("a snapshot of a VM on vSphere is refused, and nothing is changed", () => {
  let vcenter: FakeVCenter;
  beforeEach(() => (vcenter = new FakeVCenter()));
  afterEach(() => vcenter.end());

  const refusals: readonly (readonly [name: string, set: (fake: FakeVCenter) => void, sign: RegExp])[] = [
    [
      "when the VM is off",
      (fake) => (fake.machineNow = { ...fake.machineNow, power: "poweredOff", tools: false }),
      /it is poweredOff, not powered on/,
    ],
    [
      "when Tools do not run, since vCenter would not quiesce it and not say so",
      (fake) => (fake.machineNow = { ...fake.machineNow, tools: false }),
      /VMware Tools do not run in it/,
    ],
    [
      "when disks need consolidation",
      (fake) => (fake.machineNow = { ...fake.machineNow, consolidationNeeded: true }),
      /need consolidation/,
    ],
    [
      "when a disk is independent",
      (fake) =>
        (fake.machineNow = {
          ...fake.machineNow,
          disks: [disk(2000), disk(2001), disk(2002, { mode: "independent_persistent" })],
        }),
      /Hard disk 3 is independent_persistent: snapshots leave it out/,
    ],
    [
      "when a disk is passed through to the array",
      (fake) =>
        (fake.machineNow = {
          ...fake.machineNow,
          disks: [disk(2000), disk(2001), disk(2002, { passthrough: true })],
        }),
      /Hard disk 3 is a device passed through/,
    ],
    [
      "when a disk is shared",
      (fake) =>
        (fake.machineNow = {
          ...fake.machineNow,
          disks: [disk(2000), disk(2001), disk(2002, { shared: true })],
        }),
      /Hard disk 3 is shared by several VMs/,
    ],
    [
      "when a disk of the plan is missing",
      (fake) => (fake.machineNow = { ...fake.machineNow, disks: [disk(2000)] }),
      /it has 1 disks, \d are declared/,
    ],
    [
      "when the chain of snapshots is too long",
      (fake) => {
        for (let i = 0; i < CHAIN_LIMIT - CHAIN_RESERVE; i += 1) fake.put({ name: `hand-made-${i}` });
      },
      /30 snapshots are in its chain/,
    ],
    [
      "when the files of the disks are too many, although the tree is short",
      (fake) =>
        (fake.machineNow = {
          ...fake.machineNow,
          disks: [disk(2000), disk(2001), disk(2002, { depth: 30 })],
        }),
      /30 snapshots are in its chain/,
    ],
    [
      "when a tenth of the datastore is not free",
      (fake) => (fake.store = { ...fake.store, free: 99 * GIB }),
      /datastore ds is too full: 99 GiB of 1000 GiB are free, 100 GiB must be/,
    ],
    [
      "when the disks could outgrow a small datastore",
      (fake) => (fake.store = { ...fake.store, capacity: 20 * GIB, free: 14 * GIB }),
      /14 GiB of 20 GiB are free, 15 GiB must be/,
    ],
    [
      "when the datastore is not accessible",
      (fake) => (fake.store = { ...fake.store, accessible: false }),
      /datastore ds is not accessible/,
    ],
  ];

  for (const [name, set, sign] of refusals)
    it(name, async () => {
      set(vcenter);
      await assert.rejects(vcenter.run(), (error: unknown) => {
        assert.ok(error instanceof OperationError);
        assert.match(error.message, sign);
        assert.match(error.message, /what helps: /);
        assert.equal(error.exitCode, EXIT.refused);
        return true;
      });
      assert.deepEqual(vcenter.calls, []);
      const [record] = vcenter.records;
      assert.equal(record?.verdict, "failed");
      assert.equal(record?.steps.at(-1)?.outcome, "refused");
    });

  it("with everything that speaks against it, at once", async () => {
    vcenter.machineNow = { ...vcenter.machineNow, tools: false, disks: [disk(2000, { shared: true })] };
    vcenter.store = { ...vcenter.store, free: 0 };
    await assert.rejects(vcenter.run(), (error: Error) => {
      for (const sign of [/Tools do not run/, /1 disks/, /is shared/, /too full/])
        assert.match(error.message, sign);
      return true;
    });
  });

  it("when vCenter has no such VM", async () => {
    vcenter.gone = true;
    await assert.rejects(vcenter.run(), /has no VM at \/dc\/vm\/pg-a1/);
    assert.deepEqual(vcenter.calls, []);
  });

  it("without Tools only where it shall be quiesced", async () => {
    vcenter.machineNow = { ...vcenter.machineNow, tools: false };
    vcenter.quiesce = false;
    assert.match((await vcenter.run()).copy, /^pgkeep-/);
  });

  it("when vCenter stays busy with the VM, after half an hour", async () => {
    const busy = [{ what: "VirtualMachine.relocate", user: "ops" }];
    vcenter.tasks = () => Promise.resolve(busy);
    await assert.rejects(
      vcenter.run(),
      /still busy with VirtualMachine.relocate of ops on pg-a1 after 1800 s/,
    );
    assert.deepEqual(vcenter.calls, []);
  });
});
