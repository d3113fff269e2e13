import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { HARDENING, PostgresVm, type PostgresVmArgs } from "../../components/vsphere/index.js";
import { only, type Recorded } from "../libvirt/recorder.js";
import { diskUuid, recordOnVcenter } from "./vcenter.js";
import { vmArgs } from "./samples.js";

const VM = "vsphere:index/virtualMachine:VirtualMachine";

interface Disk extends Record<string, unknown> {
  readonly label: string;
}

async function made(change: Partial<PostgresVmArgs> = {}): Promise<Recorded["inputs"]> {
  return only(await recordOnVcenter(() => new PostgresVm("vm", vmArgs(change))), VM).inputs;
}

describe("PostgresVm on vSphere", function () {
  this.timeout(60_000);

  it("gives the VM every argument", async () => {
    const inputs = await made({
      guestId: "debian13_64Guest",
      hardwareVersion: 21,
      cpuReservation: 500,
      secureBoot: false,
      tpm: true,
      storagePolicyId: "policy-1",
      thinProvisioned: false,
      tags: ["tag-1"],
      timeFromHost: false,
      waitForNetwork: 3,
    });
    const expected: Record<string, unknown> = {
      name: "pg-a1",
      annotation: "a test",
      resourcePoolId: "resgroup-9",
      datastoreId: "datastore-7",
      folder: "databases/orders",
      guestId: "debian13_64Guest",
      hardwareVersion: 21,
      numCpus: 4,
      numCoresPerSocket: 4,
      memory: 8192,
      cpuReservation: 2000,
      efiSecureBootEnabled: false,
      vtpm: { version: "2.0" },
      storagePolicyId: "policy-1",
      tags: ["tag-1"],
      syncTimeWithHostPeriodically: false,
      waitForGuestNetTimeout: 3,
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(inputs[key], value, key);
    assert.deepEqual(inputs["clone"], { templateUuid: "uuid-of-template", timeout: 60 });
    for (const disk of inputs["disks"] as Disk[]) {
      assert.equal(disk["thinProvisioned"], false);
      assert.equal(disk["storagePolicyId"], "policy-1");
    }
  });

  it("is what the reference asks for when nothing is said", async () => {
    const inputs = await made();
    const expected: Record<string, unknown> = {
      guestId: "debian12_64Guest",
      hardwareVersion: 19,
      firmware: "efi",
      efiSecureBootEnabled: true,
      memoryReservation: 8192,
      memoryReservationLockedToMax: true,
      cpuReservation: 4000,
      enableLogging: true,
      enableDiskUuid: true,
      forcePowerOff: false,
      shutdownWaitTimeout: 10,
      scsiType: "pvscsi",
      scsiControllerCount: 3,
      swapPlacementPolicy: "inherit",
      waitForGuestNetTimeout: 15,
      waitForGuestNetRoutable: false,
      syncTimeWithHostPeriodically: true,
      cpuHotAddEnabled: false,
      memoryHotAddEnabled: false,
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(inputs[key], value, key);
    for (const absent of ["cdroms", "pciDeviceIds", "vtpm", "storagePolicyId", "powerState"])
      assert.equal(inputs[absent], undefined, absent);
  });

  it("puts system, data and WAL on controllers of their own, in every snapshot", async () => {
    const disks = (await made())["disks"] as Disk[];
    assert.deepEqual(
      disks.map(({ label, size, unitNumber, diskMode, thinProvisioned, keepOnRemove }) => [
        label,
        size,
        unitNumber,
        diskMode,
        thinProvisioned,
        keepOnRemove,
      ]),
      [
        ["system", 20, 0, "persistent", true, false],
        ["data", 100, 15, "persistent", true, true],
        ["wal", 30, 30, "persistent", true, true],
      ],
    );
  });

  it("takes the disks of an unprotected VM along", async () => {
    const disks = (await made({ protect: false }))["disks"] as Disk[];
    assert.deepEqual(
      disks.map(({ keepOnRemove }) => keepOnRemove),
      [false, false, false],
    );
  });

  it("attaches one interface a purpose, by its address", async () => {
    assert.deepEqual(
      (await made())["networkInterfaces"],
      ["management", "client", "replication"].map((purpose, i) => ({
        networkId: `net-${purpose}`,
        adapterType: "vmxnet3",
        useStaticMac: true,
        macAddress: `00:50:56:0${i}:00:0a`,
      })),
    );
  });

  it("sets every row of the hardening table, and nothing takes it back", async () => {
    const extra = (await made())["extraConfig"] as Record<string, string>;
    for (const { key, value, control } of HARDENING) assert.equal(extra[key], value, control);
    assert.equal(extra["guestinfo.userdata"], "I2Nsb3VkLWNvbmZpZwo=");
    assert.equal(Object.keys(extra).length, HARDENING.length + 1);
    assert.equal(new Set(HARDENING.map(({ key }) => key)).size, HARDENING.length);
  });

  it("names the guest's disks by the UUIDs of their files", async () => {
    let devices: unknown;
    await recordOnVcenter(() => {
      const vm = new PostgresVm("vm", vmArgs());
      vm.devices.apply((value) => (devices = value));
    });
    const device = (disk: string): string =>
      `/dev/disk/by-id/wwn-0x${diskUuid("pg-a1", disk).replaceAll("-", "").toLowerCase()}`;
    assert.deepEqual(devices, { system: device("system"), data: device("data"), wal: device("wal") });
    assert.match(device("data"), /wwn-0x6000c29[0-9a-f]{25}$/);
  });

  it("protects the VM and ignores a new template unless told otherwise", async () => {
    const options = new Map<boolean, pulumi.CustomResourceOptions>();
    for (const protect of [true, false])
      await recordOnVcenter(
        () =>
          new PostgresVm("vm", vmArgs({ protect }), {
            transformations: [
              ({ type, opts }) => {
                if (type === VM) options.set(protect, opts);
                return undefined;
              },
            ],
          }),
      );
    assert.deepEqual([options.get(true)?.protect, options.get(false)?.protect], [true, false]);
    assert.deepEqual(options.get(true)?.ignoreChanges, ["clone"]);
    assert.equal(options.get(true)?.deleteBeforeReplace, true);
  });

  it("refuses contradictions, all at once, before anything is made", async () => {
    const sizing = vmArgs().sizing;
    const change: Partial<PostgresVmArgs> = {
      name: "x".repeat(81),
      sizing: { ...sizing, memory: 1026 * 1024 ** 2, disks: { ...sizing.disks, wal: 1.5 * 1024 ** 3 } },
      hardwareVersion: 15,
      cpuReservation: -1,
      waitForNetwork: 0.5,
      interfaces: { ...vmArgs().interfaces, client: { networkId: "n", mac: "52:54:00:00:00:01" } },
    };
    const error = await made(change).catch((reason: unknown) => reason);
    assert.ok(error instanceof TypeError);
    for (const part of [
      "PostgresVm vm:",
      "name: has 81 characters; give 1 to 80",
      "sizing.memory: 1075838976 B is no multiple of 4 MiB",
      "sizing.disks.wal: 1610612736 B is no whole number of GiB",
      "hardwareVersion: 15 is older",
      "cpuReservation: -1 is no number of MHz",
      "waitForNetwork: 0.5 is no number of minutes",
      "interfaces.client.mac: 52:54:00:00:00:01 is not in VMware's range",
    ])
      assert.ok(error.message.includes(part), part);
  });
});
