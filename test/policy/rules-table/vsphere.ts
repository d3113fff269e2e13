import { gzipSync } from "node:zlib";
import type { Subject } from "../../../policy/index.js";
import { subject } from "../fixtures.js";
import { COMPLIANT_VSPHERE, guestinfo, vmDisk } from "../fixtures-vsphere.js";
import type { RuleTable } from "./table.js";

const vm = (change: Record<string, unknown>): Subject => subject("vm", change);
/** The compliant disks with one changed. */
const disk = (change: Record<string, unknown>): Subject =>
  vm({ disks: [vmDisk("system", 0), { ...vmDisk("data", 15), ...change }, vmDisk("wal", 30)] });
const extra = (change: Record<string, unknown>): Subject =>
  vm({ extraConfig: { ...(COMPLIANT_VSPHERE.vm()["extraConfig"] as object), ...change } });
const snapshot = (change: Record<string, unknown>): Subject => subject("vmSnapshot", change);
const portGroup = (change: Record<string, unknown>): Subject => subject("portGroup", change);
const hostPortGroup = (change: Record<string, unknown>): Subject => subject("hostPortGroup", change);
const apart = (change: Record<string, unknown> = {}): Subject => subject("antiAffinity", change);
const ha = (change: Record<string, unknown>): Subject => subject("haOverride", change);
const two = [vm({ name: "pg-a1" }), vm({ name: "pg-a2" })];

export const vsphereTable: RuleTable = [
  {
    rule: "vm-secure-boot",
    violating: [
      [vm({ firmware: undefined }), /firmware is bios/],
      [vm({ efiSecureBootEnabled: undefined }), /secure boot is not on/],
      [vm({ efiSecureBootEnabled: false }), /secure boot is not on/],
    ],
  },
  {
    rule: "vm-hardware-current",
    violating: [
      [vm({ hardwareVersion: 15 }), /version 15 is older than 19/],
      [vm({ hardwareVersion: undefined }), /left to the template/],
    ],
    compliant: [vm({ hardwareVersion: 19 })],
  },
  {
    rule: "vm-memory-reserved",
    violating: [
      [vm({ memoryReservation: undefined }), /0 of 16384 MB/],
      [vm({ memoryReservation: 8192 }), /8192 of 16384 MB/],
      [vm({ memory: undefined, memoryReservation: 1000 }), /1000 of 1024 MB/],
    ],
  },
  {
    rule: "vm-not-throttled",
    violating: [
      [vm({ cpuLimit: 4000 }), /\.cpuLimit: limited to 4000/],
      [vm({ memoryLimit: 8192 }), /\.memoryLimit/],
      [disk({ ioLimit: 500 }), /500 operations a second/],
    ],
    compliant: [disk({ ioLimit: -1 })],
  },
  {
    rule: "vm-orderly-shutdown",
    violating: [
      [vm({ forcePowerOff: undefined }), /the power is cut/],
      [vm({ shutdownWaitTimeout: undefined }), /waits 3 min only/],
    ],
  },
  {
    rule: "vm-full-clone",
    violating: [[vm({ clone: { linkedClone: true } }), /shares the template's disk/]],
  },
  { rule: "vm-one-clock", violating: [[vm({ syncTimeWithHostPeriodically: true }), /again and again/]] },
  {
    rule: "vm-tpm",
    violating: [
      [vm({ vtpm: undefined }), /\.vtpm: no virtual TPM/],
      [subject("domain", { tpm: undefined }), /\.tpm: no virtual TPM/],
    ],
  },
  {
    rule: "vm-disks-separate",
    violating: [
      [vm({ disks: [vmDisk("all", 0)] }), /1 disk for system, data and WAL/],
      [vm({ disks: undefined }), /0 disks/],
      [disk({ unitNumber: 0 }), /\.disks\[1\]\.unitNumber: 0 is taken/],
      [disk({ label: "system" }), /system is taken/],
    ],
  },
  {
    rule: "vm-disks-in-snapshots",
    violating: [
      [disk({ diskMode: "independent_persistent" }), /\.disks\[1\]\.diskMode: mode independent_persistent/],
      [disk({ diskSharing: "sharingMultiWriter" }), /two writers/],
      [vm({ scsiBusSharing: "physicalSharing" }), /bus sharing physicalSharing/],
    ],
    compliant: [disk({ diskMode: "persistent", diskSharing: "sharingNone" })],
  },
  {
    rule: "vm-disks-kept",
    violating: [[disk({ keepOnRemove: undefined }), /\.disks\[1\]\.keepOnRemove/]],
    compliant: [disk({ keepOnRemove: undefined, attach: true, path: "pg/data.vmdk" })],
  },
  { rule: "vm-disk-ids", violating: [[vm({ enableDiskUuid: undefined }), /no ids/]] },
  {
    rule: "vm-encrypted",
    violating: [
      [vm({ storagePolicyId: undefined }), /no storage policy for the VM/],
      [disk({ storagePolicyId: undefined }), /\.disks\[1\]\.storagePolicyId: no storage policy/],
    ],
  },
  {
    rule: "snapshot-consistent",
    violating: [
      [snapshot({ quiesce: false }), /not frozen/],
      [snapshot({ memory: true }), /the memory is part/],
    ],
  },
  {
    rule: "snapshot-no-backup",
    violating: [
      [[snapshot({ snapshotName: "nightly-1" })], /"nightly" speaks of a rotation/],
      [[snapshot({ description: "Daily backup of pg-a1" })], /"Daily" speaks/],
      [[snapshot({}), snapshot({ snapshotName: "second" })], /2 snapshots of one VM/],
    ],
    compliant: [[snapshot({}), snapshot({ virtualMachineUuid: "4226" })], [vm({})]],
  },
  {
    rule: "vm-console-closed",
    violating: [
      [vm({ extraConfig: undefined }), /RemoteDisplay\.maxConnections is not set to 1/],
      [extra({ "RemoteDisplay.maxConnections": "40" }), /is 40, not 1/],
      [extra({ "isolation.tools.paste.disable": "FALSE" }), /is FALSE, not TRUE/],
      [extra({ "remotedisplay.vnc.enabled": "TRUE" }), /is TRUE, not FALSE/],
    ],
    compliant: [extra({ "isolation.tools.copy.disable": "true" })],
  },
  {
    rule: "vm-isolated-from-host",
    violating: [
      [extra({ "isolation.tools.diskShrink.disable": "FALSE" }), /is FALSE, not TRUE/],
      [extra({ "tools.guestlib.enableHostInfo": "TRUE" }), /enableHostInfo: is TRUE/],
      [extra({ "sched.mem.pshare.salt": "7" }), /not absent/],
      [extra({ "tools.setInfo.sizeLimit": "0" }), /not 1048576/],
      [extra({ "ethernet0.filter1.name": "dvfilter-x" }), /network API/],
    ],
    compliant: [extra({ "mks.enable3d": "FALSE" }), vm({ extraConfig: undefined })],
  },
  {
    rule: "vm-logging",
    violating: [
      [vm({ enableLogging: undefined }), /the log is off/],
      [extra({ "log.keepOld": "2" }), /2 old files/],
      [extra({ "log.rotateSize": "0" }), /0 bytes/],
      [extra({ "log.rotateSize": "99999999" }), /99999999 bytes/],
    ],
    compliant: [extra({ "log.keepOld": "10", "log.rotateSize": "2048000" })],
  },
  {
    rule: "vm-no-needless-devices",
    violating: [
      [vm({ cdroms: [{ clientDevice: true }] }), /a CD-ROM drive/],
      [vm({ pciDeviceIds: ["0000:3b:00.0"] }), /handed through/],
    ],
    compliant: [vm({ cdroms: [], pciDeviceIds: [] })],
  },
  {
    rule: "vm-paravirtual-devices",
    violating: [
      [vm({ scsiType: "lsilogic" }), /the SCSI controller is lsilogic/],
      [disk({ controllerType: "ide" }), /the controller is ide/],
      [vm({ networkInterfaces: [{ networkId: "n", adapterType: "e1000" }] }), /the adapter is e1000/],
    ],
    compliant: [disk({ controllerType: "nvme" })],
  },
  {
    rule: "portgroup-rejects",
    violating: [
      [portGroup({ allowPromiscuous: true }), /\.allowPromiscuous: is allowed/],
      [portGroup({ allowForgedTransmits: undefined }), /\.allowForgedTransmits: is left to the switch/],
      [hostPortGroup({ allowMacChanges: true }), /\.allowMacChanges: is allowed/],
    ],
  },
  {
    rule: "portgroup-vlan",
    violating: [
      [portGroup({ vlanId: undefined }), /no VLAN/],
      [portGroup({ vlanId: 4095 }), /VLAN 4095 is a trunk/],
      [portGroup({ vlanId: undefined, vlanRanges: [{ minVlan: 0, maxVlan: 4094 }] }), /a trunk of several/],
      [hostPortGroup({ vlanId: 0 }), /no VLAN/],
    ],
    compliant: [portGroup({ vlanId: undefined, portPrivateSecondaryVlanId: 301 })],
  },
  {
    rule: "portgroup-no-overrides",
    violating: [
      [portGroup({ securityPolicyOverrideAllowed: true }), /\.securityPolicyOverrideAllowed/],
      [portGroup({ netflowEnabled: true }), /\.netflowEnabled/],
      [portGroup({ portConfigResetAtDisconnect: false }), /keeps its own settings/],
    ],
  },
  {
    rule: "vms-kept-apart",
    violating: [
      [two, /nothing keeps vm, vm apart/],
      [[...two, apart({ enabled: false })], /nothing keeps/],
    ],
    compliant: [
      [...two, apart()],
      [vm({}), vm({ resourcePoolId: "resgroup-99" })],
      [vm({}), subject("vm", {}, { provider: "vcenter-b" })],
    ],
  },
  {
    rule: "anti-affinity-in-force",
    violating: [
      [apart({ enabled: false }), /the rule is off/],
      [apart({ virtualMachineIds: ["4225"] }), /names 1 VM/],
    ],
  },
  {
    rule: "ha-restarts-databases",
    compliant: [
      // What the provider fills in where nothing is written.
      ha({ haVmMonitoring: "vmMonitoringDisabled", haVmMonitoringUseClusterDefaults: true }),
    ],
    violating: [
      [ha({ haVmRestartPriority: "low" }), /the priority is low/],
      [ha({ haVmRestartPriority: undefined }), /clusterRestartPriority/],
      [ha({ haVmMonitoringUseClusterDefaults: undefined }), /is ignored/],
    ],
  },
];

const CLEAR = "#cloud-config\nchpasswd:\n  list: ['root:x']\npassword: hunter2hunter2\n";

/** What seeds and settings of VMs must not carry; belongs to a rule that libvirt's resources share. */
export const vmSecretCases: readonly (readonly [Subject, RegExp])[] = [
  [extra({ "guestinfo.userdata": guestinfo(CLEAR) }), /guestinfo\.userdata: holds a password/],
  [
    extra({
      "guestinfo.userdata": gzipSync(CLEAR).toString("base64"),
      "guestinfo.userdata.encoding": "gzip+base64",
    }),
    /guestinfo\.userdata: holds a password/,
  ],
  [extra({ "guestinfo.pg.password": "hunter2hunter2" }), /a secret by its name/],
  [vm({ annotation: "postgres://app:hunter2hunter2@db/shop" }), /a password in an address/],
];
