import { TYPES } from "../../facts.js";
import type { Node } from "../../node.js";
import { forEach, resourceRule, type Find, type Rule } from "../../rule.js";

/** What an advanced setting must be, and why. `undefined` for one that must not be there. */
interface Advanced {
  readonly key: string;
  readonly value: RegExp | undefined;
  /** The value in words. */
  readonly words: string;
  /** The default is not the value that is wanted. */
  readonly needed?: boolean;
}

const TRUE = /^true$/i;
const FALSE = /^false$/i;

/** Settings of the console. Without `needed`, absent is right as well. */
const CONSOLE: readonly Advanced[] = [
  { key: "RemoteDisplay.maxConnections", value: /^1$/, words: "1", needed: true },
  { key: "tools.guest.desktop.autolock", value: TRUE, words: "TRUE", needed: true },
  { key: "isolation.tools.copy.disable", value: TRUE, words: "TRUE" },
  { key: "isolation.tools.paste.disable", value: TRUE, words: "TRUE" },
  { key: "isolation.tools.dnd.disable", value: TRUE, words: "TRUE" },
  { key: "RemoteDisplay.vnc.enabled", value: FALSE, words: "FALSE" },
];

/** Settings that keep guest and host apart. */
const ISOLATION: readonly Advanced[] = [
  { key: "isolation.tools.diskShrink.disable", value: TRUE, words: "TRUE" },
  { key: "isolation.tools.diskWiper.disable", value: TRUE, words: "TRUE" },
  { key: "isolation.device.connectable.disable", value: TRUE, words: "TRUE" },
  { key: "tools.setInfo.sizeLimit", value: /^1048576$/, words: "1048576" },
  { key: "tools.guestlib.enableHostInfo", value: FALSE, words: "FALSE" },
  { key: "mks.enable3d", value: FALSE, words: "FALSE" },
  { key: "sched.mem.pshare.salt", value: undefined, words: "absent" },
];

function judgeAdvanced(
  settings: readonly Advanced[],
  { inputs }: { readonly inputs: Node },
  find: Find,
): void {
  const extra = inputs.at("extraConfig");
  // Keys of a VMX file do not care for case.
  const keys = new Map(extra.keys().map((key) => [key.toLowerCase(), key]));
  forEach(settings, ({ key, value, words, needed = false }) => {
    const written = keys.get(key.toLowerCase());
    if (written === undefined) {
      if (needed) find(`${key} is not set to ${words}`, extra);
      return;
    }
    const has = extra.at(written).shown;
    if (value === undefined || !value.test(has)) find(`is ${has}, not ${words}`, extra.at(written));
  });
}

/** Devices, console and advanced settings of a VM. */
export const vmDeviceRules: readonly Rule[] = [
  resourceRule({
    id: "vm-console-closed",
    title: "The console of a vSphere VM is for one, locks, and carries nothing in or out.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "A second viewer sees what an administrator types, and a clipboard carries data past every firewall.",
    fix: 'extraConfig with RemoteDisplay.maxConnections "1" and tools.guest.desktop.autolock "TRUE"; no opposite of the other defaults.',
    controls: [
      "VMware SCG vm-8.limit-console-connections",
      "VMware SCG vm-8.vmrc-lock",
      "VMware SCG vm-8.deactivate-console-copy",
      "VMware SCG vm-8.deactivate-console-paste",
      "VMware SCG vm-8.isolation-tools-dnd-deactivate",
      "ISO 27001 A.8.12",
    ],
    judge: (vm, find) => judgeAdvanced(CONSOLE, vm, find),
  }),
  resourceRule({
    id: "vm-isolated-from-host",
    title: "No advanced setting of a vSphere VM opens the host to the guest.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Each of these is a way for a guest to stop its disks, learn about its host, share memory with others, or send packets past the filters.",
    fix: "leave these keys out of extraConfig, or give them the value that the message names.",
    controls: [
      "VMware SCG vm-8.deactivate-disk-shrinking-shrink",
      "VMware SCG vm-8.deactivate-disk-shrinking-wiper",
      "VMware SCG vm-8.isolation-device-connectable-deactivate",
      "VMware SCG vm-8.limit-setinfo-size",
      "VMware SCG vm-8.restrict-host-info",
      "VMware SCG vm-8.deactivate-non-essential-3d-features",
      "VMware SCG vm-8.transparentpagesharing-inter-vm-enabled",
      "VMware SCG vm-8.dvfilter",
    ],
    judge: (vm, find) => {
      judgeAdvanced(ISOLATION, vm, find);
      const extra = vm.inputs.at("extraConfig");
      for (const key of extra.keys())
        if (/^ethernet\d+\.filter\d+\.name$/i.test(key))
          find("a filter of the network API sits on the adapter", extra.at(key));
    },
  }),
  resourceRule({
    id: "vm-logging",
    title: "vSphere VMs write their log, and keep enough of it.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Left out, enableLogging is sent as false: nobody can say afterwards why a VM stopped.",
    fix: "enableLogging: true; log.keepOld and log.rotateSize left out of extraConfig, or at least 10 and at most 2048000.",
    controls: [
      "VMware SCG vm-8.log-enable",
      "VMware SCG vm-8.log-retention",
      "VMware SCG vm-8.log-rotation-size",
      "PCI DSS 10.2.1",
    ],
    parameters: {
      files: { what: "fewest old log files that are kept", unit: "", default: 10, minimum: 1 },
      bytes: { what: "largest log file", unit: "bytes", default: 2_048_000, minimum: 65_536 },
    },
    judge: ({ inputs }, find, { files, bytes }) => {
      if (inputs.flag("enableLogging") !== true) find("the log is off", ".enableLogging");
      const extra = inputs.at("extraConfig");
      const kept = extra.number("log.keepOld") ?? files;
      if (kept < files) find(`${kept} old files are kept`, extra.at("log.keepOld"));
      const size = extra.number("log.rotateSize") ?? bytes;
      if (size === 0 || size > bytes) find(`a file grows to ${size} bytes`, extra.at("log.rotateSize"));
    },
  }),
  resourceRule({
    id: "vm-no-needless-devices",
    title: "A vSphere VM has no CD-ROM drive and no device of its host.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "A drive is a way in for whoever has the console, and a device of the host forbids snapshots, migration and restart elsewhere.",
    fix: "no cdroms and no pciDeviceIds; cloud-init through guestinfo.",
    controls: [
      "VMware SCG vm-8.remove-unnecessary-devices",
      "VMware SCG vm-8.pci-passthrough",
      "PCI DSS 2.2.4",
    ],
    judge: ({ inputs }, find) => {
      for (const [key, what] of [
        ["cdroms", "a CD-ROM drive"],
        ["pciDeviceIds", "a device handed through"],
      ] as const)
        for (const device of inputs.list(key)) find(what, device);
    },
  }),
  resourceRule({
    id: "vm-paravirtual-devices",
    title: "Disks and adapters of a vSphere VM are paravirtual.",
    severity: "low",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Emulated controllers and adapters cost a database throughput at the moment of replay, and IDE and SATA take few requests at once.",
    fix: 'scsiType "pvscsi" or NVMe, adapterType "vmxnet3": the provider\'s defaults.',
    controls: ["ISO 27001 A.8.6"],
    judge: ({ inputs }, find) => {
      const scsi = inputs.text("scsiType") ?? "pvscsi";
      if (scsi !== "pvscsi") find(`the SCSI controller is ${scsi}`, ".scsiType");
      forEach(inputs.list("disks"), (disk) => {
        const controller = disk.text("controllerType") ?? "scsi";
        if (!["scsi", "nvme"].includes(controller))
          find(`the controller is ${controller}`, disk.at("controllerType"));
      });
      forEach(inputs.list("networkInterfaces"), (each) => {
        const adapter = each.text("adapterType") ?? "vmxnet3";
        if (adapter !== "vmxnet3") find(`the adapter is ${adapter}`, each.at("adapterType"));
      });
    },
  }),
];
