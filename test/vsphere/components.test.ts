import assert from "node:assert/strict";
import {
  IsolatedPortGroup,
  PreChangeSnapshot,
  SnapshotSchedule,
  vcenterProvider,
  type SnapshotScheduleArgs,
} from "../../components/vsphere/index.js";
import * as pulumi from "@pulumi/pulumi";
import { isSecret, only, record, reveal } from "../libvirt/recorder.js";

describe("small components of vSphere", function () {
  this.timeout(60_000);

  it("the connection verifies, keeps nothing on disk, traces nothing, and its password is secret", async () => {
    const resources = await record(() => {
      class Parent extends pulumi.ComponentResource {
        constructor() {
          super("test:Parent", "parent");
          const account = { user: "deployer@example.org", password: "PLANTED-password" };
          vcenterProvider("a", "vcenter-a.example.org", account, { parent: this });
        }
      }
      new Parent();
    });
    const { inputs } = only(resources, "pulumi:providers:vsphere");
    const { password, ...rest } = inputs;
    assert.ok(isSecret(password));
    assert.equal(reveal(password), "PLANTED-password");
    assert.deepEqual(rest, {
      vsphereServer: "vcenter-a.example.org",
      user: "deployer@example.org",
      allowUnverifiedSsl: "false",
      persistSession: "false",
      clientDebug: "false",
    });
  });

  it("a port group isolates, and says so in every field", async () => {
    const args = { name: "client-a", switchUuid: "switch-1", vlan: 120, description: "clients" };
    const { inputs } = only(
      await record(() => new IsolatedPortGroup("group", args)),
      "vsphere:index/distributedPortGroup:DistributedPortGroup",
    );
    const expected: Record<string, unknown> = {
      name: "client-a",
      description: "clients",
      distributedVirtualSwitchUuid: "switch-1",
      vlanId: 120,
      allowPromiscuous: false,
      allowForgedTransmits: false,
      allowMacChanges: false,
      securityPolicyOverrideAllowed: false,
      vlanOverrideAllowed: false,
      blockOverrideAllowed: true,
      netflowEnabled: false,
      portConfigResetAtDisconnect: true,
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(inputs[key], value, key);
    for (const vlan of [0, 4095, 1.5])
      await assert.rejects(
        record(() => new IsolatedPortGroup("group", { ...args, vlan })),
        /vlan: .* isolates nothing; give a VLAN from 1 to 4094/,
      );
  });

  it("a snapshot before a change takes no memory and removes nobody else's", async () => {
    const { inputs } = only(
      await record(
        () =>
          new PreChangeSnapshot("before", {
            vmUuid: "uuid-1",
            change: "minor-17.12",
            reason: "the minor update of November",
          }),
      ),
      "vsphere:index/virtualMachineSnapshot:VirtualMachineSnapshot",
    );
    assert.deepEqual(inputs, {
      virtualMachineUuid: "uuid-1",
      snapshotName: "before-minor-17.12",
      description: "the minor update of November",
      memory: false,
      quiesce: true,
      removeChildren: false,
      consolidate: true,
    });
    await assert.rejects(
      record(() => new PreChangeSnapshot("before", { vmUuid: "u", change: "Minor update", reason: " " })),
      (error: Error) => {
        assert.match(error.message, /change: "Minor update" cannot be part of a name/);
        assert.match(error.message, /reason: says nothing/);
        return true;
      },
    );
  });

  describe("a snapshot schedule", () => {
    const DAY = 86_400;
    const args: SnapshotScheduleArgs = {
      environment: "prod",
      guest: "pg-a1",
      host: "ops-a",
      schedule: "0 2 * * *",
      retention: { age: 7 * DAY, count: 2 },
      quiesce: false,
    };

    it("is a job and no resource of vSphere, and says to policies what it keeps", async () => {
      let schedule: SnapshotSchedule | undefined;
      const resources = await record(() => (schedule = new SnapshotSchedule("s", args)));
      assert.deepEqual(
        resources.map(({ type }) => type),
        ["pgkeep:vsphere:SnapshotSchedule"],
      );
      assert.deepEqual(schedule?.job, {
        id: "snapshot-pg-a1",
        host: "ops-a",
        schedule: "0 2 * * *",
        arguments: ["snapshot", "pg-a1"],
        description: "Snapshot of pg-a1",
        catchUp: true,
      });
      assert.deepEqual(resources[0]?.inputs, { ...args, prefix: "pgkeep-" });
    });

    it("refuses a rotation that loses the last one or outgrows a chain", async () => {
      const cases: [Partial<SnapshotScheduleArgs>, RegExp][] = [
        [{ retention: { age: 3600, count: 2 } }, /retention\.age: 1 h is shorter than the longest gap/],
        [{ retention: { age: 7 * DAY, count: 0 } }, /retention\.count: 0 would prune the last snapshot/],
        [{ schedule: "0 * * * *" }, /makes a chain of 169 snapshots, and vSphere takes 32/],
      ];
      for (const [change, expected] of cases)
        await assert.rejects(
          record(() => new SnapshotSchedule("s", { ...args, ...change })),
          expected,
        );
    });
  });
});
