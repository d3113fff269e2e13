import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import { PURPOSES, type Purpose, type Sizing } from "../declaration/index.js";
import { DISKS } from "../recovery/index.js";
import { HARDENING } from "./hardening.js";

type DiskPurpose = (typeof DISKS)[number]["purpose"];

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Disks that one SCSI controller takes. */
const UNITS_PER_CONTROLLER = 15;

export interface PostgresVmArgs {
  /** Name in vCenter, at most 80 characters. */
  name: string;
  /** Shown in vCenter. */
  annotation: string;
  /** Processors, memory and disks. Memory is reserved in full. */
  sizing: Sizing;
  /** UUID of the template: installed for EFI, one system disk. A new one is for new VMs; it replaces none. */
  template: pulumi.Input<string>;
  resourcePoolId: pulumi.Input<string>;
  datastoreId: pulumi.Input<string>;
  /** Path below the datacenter's VM folder. */
  folder: pulumi.Input<string>;
  /** Operating system, as vSphere names it. @default debian12_64Guest */
  guestId?: string;
  /** Virtual hardware, 17 or newer. @default 19 */
  hardwareVersion?: number;
  /** Guaranteed processor time of each virtual processor, in MHz. @default 1000 */
  cpuReservation?: number;
  /** Start signed boot loaders only. @default true */
  secureBoot?: boolean;
  /** Virtual TPM 2.0; vCenter needs a key provider. @default false */
  tpm?: boolean;
  /**
   * Id of the storage policy of the VM's home and of every disk. Encryption follows from it, and then needs a template that is
   * encrypted as well: a clone cannot encrypt a disk of one that is not (terraform-provider-vsphere #2241).
   * @default none
   */
  storagePolicyId?: pulumi.Input<string> | undefined;
  /** Take space as it is written. @default true */
  thinProvisioned?: boolean;
  /** One interface a purpose, with an address of VMware's range for static ones. */
  interfaces: Readonly<Record<Purpose, { networkId: pulumi.Input<string>; mac: string }>>;
  /** Variables for cloud-init, read at the first start. Everybody with System.Read can read them: no secrets. */
  guestInfo: pulumi.Input<Readonly<Record<`guestinfo.${string}`, string>>>;
  /** Ids of tags. @default none */
  tags?: readonly pulumi.Input<string>[];
  /** Set the guest's clock by the host's again and again; not beside a time service in the guest. @default true */
  timeFromHost?: boolean;
  /** Longest wait for an address that Tools report, in minutes; 0: no wait. @default 15 */
  waitForNetwork?: number;
  /** Refuse to delete or replace the VM, and keep the files of its data disks in any case. @default true */
  protect?: boolean;
}

/**
 * A VM for PostgreSQL: system, data and WAL on disks of their own, each on a paravirtual controller of its own, in every snapshot;
 * memory reserved; EFI with secure boot; hardened by the vendor's guide; shut down in peace or not at all.
 *
 * Processors, memory and sizes of disks change in place; disks grow, and not while a snapshot exists. Another template replaces
 * nothing, because a replaced VM would lose its data: replace guests one after the other. Power belongs to fencing and failover.
 */
export class PostgresVm extends pulumi.ComponentResource {
  /** BIOS UUID: what rules, overrides and snapshots take, and another one when the VM is made anew. */
  readonly vmUuid: pulumi.Output<string>;
  /** Managed object id. */
  readonly vmId: pulumi.Output<string>;
  /** Device of each disk in the guest, by the WWN that the disk's file gives it. */
  readonly devices: pulumi.Output<Readonly<Record<DiskPurpose, string>>>;

  constructor(name: string, args: PostgresVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:vsphere:PostgresVm", name, { ...args }, opts);
    refuseContradictions(name, args);
    const protect = args.protect ?? true;
    const vm = new vsphere.VirtualMachine(
      name,
      { ...placement(args), ...hardware(args), ...devices(args, protect), ...lifecycle(args) },
      { parent: this, protect, deleteBeforeReplace: true, ignoreChanges: ["clone"] },
    );
    this.vmUuid = vm.uuid;
    this.vmId = vm.moid;
    this.devices = vm.disks.apply(devicesOf);
    this.registerOutputs({ vmUuid: this.vmUuid, vmId: this.vmId, devices: this.devices });
  }
}

function placement(args: PostgresVmArgs): vsphere.VirtualMachineArgs {
  return {
    name: args.name,
    annotation: args.annotation,
    resourcePoolId: args.resourcePoolId,
    datastoreId: args.datastoreId,
    folder: args.folder,
    clone: { templateUuid: args.template, timeout: 60 },
    tags: [...(args.tags ?? [])],
    ...(args.storagePolicyId === undefined ? {} : { storagePolicyId: args.storagePolicyId }),
  };
}

function hardware(args: PostgresVmArgs): Partial<vsphere.VirtualMachineArgs> {
  const { cpus, memory } = args.sizing;
  return {
    guestId: args.guestId ?? "debian12_64Guest",
    hardwareVersion: args.hardwareVersion ?? 19,
    numCpus: cpus,
    numCoresPerSocket: cpus,
    memory: memory / MIB,
    memoryReservation: memory / MIB,
    memoryReservationLockedToMax: true,
    cpuReservation: cpus * (args.cpuReservation ?? 1000),
    // Adding processors to a running VM hides its NUMA nodes from the guest.
    cpuHotAddEnabled: false,
    cpuHotRemoveEnabled: false,
    memoryHotAddEnabled: false,
    firmware: "efi",
    efiSecureBootEnabled: args.secureBoot ?? true,
    ...(args.tpm === true ? { vtpm: { version: "2.0" } } : {}),
    // Left out, some servers show a difference for ever.
    swapPlacementPolicy: "inherit",
  };
}

function devices(args: PostgresVmArgs, protect: boolean): Partial<vsphere.VirtualMachineArgs> {
  return {
    scsiType: "pvscsi",
    scsiControllerCount: DISKS.length,
    // The guest tells its disks apart by their UUIDs.
    enableDiskUuid: true,
    disks: DISKS.map(({ purpose }, i) => ({
      label: purpose,
      size: args.sizing.disks[purpose] / GIB,
      unitNumber: i * UNITS_PER_CONTROLLER,
      // Independent disks are outside snapshots: one instant would no longer hold data and WAL.
      diskMode: "persistent",
      thinProvisioned: args.thinProvisioned ?? true,
      eagerlyScrub: false,
      keepOnRemove: protect && purpose !== "system",
      ...(args.storagePolicyId === undefined ? {} : { storagePolicyId: args.storagePolicyId }),
    })),
    networkInterfaces: PURPOSES.map((purpose) => ({
      networkId: args.interfaces[purpose].networkId,
      adapterType: "vmxnet3",
      useStaticMac: true,
      macAddress: args.interfaces[purpose].mac,
    })),
    extraConfig: pulumi.output(args.guestInfo).apply((info) => ({
      ...Object.fromEntries(HARDENING.map(({ key, value }) => [key, value])),
      ...info,
    })),
    // The seed is for a first start; hardening takes effect with the next one. Neither is worth an interruption.
    extraConfigRebootRequired: false,
  };
}

function lifecycle(args: PostgresVmArgs): Partial<vsphere.VirtualMachineArgs> {
  return {
    // Left out, it is sent as false.
    enableLogging: true,
    forcePowerOff: false,
    shutdownWaitTimeout: 10,
    toolsUpgradePolicy: "manual",
    syncTimeWithHost: true,
    syncTimeWithHostPeriodically: args.timeFromHost ?? true,
    waitForGuestNetTimeout: args.waitForNetwork ?? 15,
    // Guests without a gateway are none the worse.
    waitForGuestNetRoutable: false,
  };
}

/** Devices by the disks' UUIDs, which Linux shows as WWN (udev's by-id links of disks on vSphere). */
function devicesOf(
  disks: readonly { readonly label?: string; readonly uuid?: string | undefined }[],
): Record<DiskPurpose, string> {
  const one = (purpose: DiskPurpose): string => {
    const uuid = disks.find(({ label }) => label === purpose)?.uuid ?? "";
    return `/dev/disk/by-id/wwn-0x${uuid.replaceAll("-", "").toLowerCase()}`;
  };
  return { system: one("system"), data: one("data"), wal: one("wal") };
}

function refuseContradictions(name: string, args: PostgresVmArgs): void {
  const problems: string[] = [];
  const { sizing, hardwareVersion = 19, cpuReservation = 1000, waitForNetwork = 15 } = args;
  if (args.name === "" || args.name.length > 80)
    problems.push(`name: has ${args.name.length} characters; give 1 to 80`);
  if (sizing.memory % (4 * MIB) !== 0)
    problems.push(`sizing.memory: ${sizing.memory} B is no multiple of 4 MiB; give one`);
  for (const [purpose, size] of Object.entries(sizing.disks))
    if (size % GIB !== 0)
      problems.push(`sizing.disks.${purpose}: ${size} B is no whole number of GiB; give one`);
  if (hardwareVersion < 17)
    problems.push(
      `hardwareVersion: ${hardwareVersion} is older than the hardening guide accepts; give 17 or newer`,
    );
  if (!Number.isInteger(cpuReservation) || cpuReservation < 0)
    problems.push(`cpuReservation: ${cpuReservation} is no number of MHz; give a whole one, 0 for none`);
  if (!Number.isInteger(waitForNetwork) || waitForNetwork < 0)
    problems.push(
      `waitForNetwork: ${waitForNetwork} is no number of minutes; give a whole one, 0 for no wait`,
    );
  for (const purpose of PURPOSES) {
    const { mac } = args.interfaces[purpose];
    if (!/^00:50:56:[0-3][0-9a-f](:[0-9a-f]{2}){2}$/.test(mac))
      problems.push(
        `interfaces.${purpose}.mac: ${mac} is not in VMware's range for static addresses; give one from 00:50:56:00:00:00 to 00:50:56:3f:ff:ff`,
      );
  }
  if (problems.length > 0) throw new TypeError(`PostgresVm ${name}:\n  ${problems.join("\n  ")}`);
}
