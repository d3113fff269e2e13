import { TYPES } from "../../facts.js";
import { forEach, resourceRule, type Rule } from "../../rule.js";

/** The virtual machine itself: firmware, memory, processors, how it stops. */
export const vmMachineRules: readonly Rule[] = [
  resourceRule({
    id: "vm-secure-boot",
    title: "vSphere VMs boot by UEFI with secure boot.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "The default is a BIOS: a changed boot loader or kernel runs before anything that could notice.",
    fix: 'firmware: "efi", efiSecureBootEnabled: true, and a template that was installed that way.',
    controls: ["VMware SCG guest-8.secure-boot", "ISO 27001 A.8.9", "PCI DSS 2.2.6"],
    judge: ({ inputs }, find) => {
      const firmware = inputs.text("firmware") ?? "bios";
      if (firmware !== "efi") find(`firmware is ${firmware}`, ".firmware");
      if (inputs.flag("efiSecureBootEnabled") !== true)
        find("secure boot is not on", ".efiSecureBootEnabled");
    },
  }),
  resourceRule({
    id: "vm-hardware-current",
    title: "vSphere VMs have a current version of the virtual hardware.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Left out, it is that of the template, often years old, without what later versions protect.",
    fix: "hardwareVersion 19 or newer, as new as the oldest host of both sites allows.",
    controls: ["VMware SCG guest-8.virtual-hardware", "PCI DSS 2.2.1"],
    parameters: {
      // The audit script of the guide accepts 19 to 21.
      version: { what: "oldest version of the virtual hardware", unit: "", default: 19, minimum: 17 },
    },
    judge: ({ inputs }, find, { version }) => {
      const has = inputs.number("hardwareVersion");
      if (has === undefined) find("the version is left to the template or the host", ".hardwareVersion");
      else if (has < version) find(`version ${has} is older than ${version}`, ".hardwareVersion");
    },
  }),
  resourceRule({
    id: "vm-memory-reserved",
    title: "A vSphere VM's memory is its own, all of it.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "What is not reserved is ballooned or swapped by the host when it runs short, and the buffer cache with it.",
    fix: "memoryReservation equal to memory.",
    controls: ["SOC 2 A1.1", "ISO 27001 A.8.6"],
    judge: ({ inputs }, find) => {
      // The provider's default is 1024 MB.
      const memory = inputs.number("memory") ?? 1024;
      const reserved = inputs.number("memoryReservation") ?? 0;
      if (reserved < memory) find(`${reserved} of ${memory} MB are reserved`, ".memoryReservation");
    },
  }),
  resourceRule({
    id: "vm-not-throttled",
    title: "No limit holds a vSphere VM or its disks back.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.vm],
    why: "A limit works on an idle host too: recovery and replay, which need all there is, take the longest.",
    fix: "no cpuLimit, memoryLimit or ioLimit; shares and reservations say who goes first.",
    controls: ["SOC 2 A1.1", "ISO 27001 A.8.6"],
    judge: ({ inputs }, find) => {
      for (const key of ["cpuLimit", "memoryLimit"]) {
        const limit = inputs.number(key) ?? -1;
        if (limit >= 0) find(`limited to ${limit}`, `.${key}`);
      }
      forEach(inputs.list("disks"), (disk) => {
        const limit = disk.number("ioLimit") ?? -1;
        if (limit >= 0) find(`limited to ${limit} operations a second`, disk.at("ioLimit"));
      });
    },
  }),
  resourceRule({
    id: "vm-orderly-shutdown",
    title: "A vSphere VM is never powered off in the middle of a shutdown.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "By default the provider cuts the power after three minutes: the shutdown checkpoint is lost and crash recovery follows.",
    fix: "forcePowerOff: false and shutdownWaitTimeout: 10.",
    controls: ["SOC 2 A1.2"],
    parameters: {
      // The provider takes 1 to 10.
      minutes: {
        what: "shortest wait for a shutdown",
        unit: "minutes",
        default: 10,
        minimum: 1,
        maximum: 10,
      },
    },
    judge: ({ inputs }, find, { minutes }) => {
      if (inputs.flag("forcePowerOff") !== false)
        find("the power is cut when the wait ends", ".forcePowerOff");
      const wait = inputs.number("shutdownWaitTimeout") ?? 3;
      if (wait < minutes) find(`waits ${wait} min only`, ".shutdownWaitTimeout");
    },
  }),
  resourceRule({
    id: "vm-full-clone",
    title: "A vSphere VM owns its disks: it is no linked clone.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.vm],
    why: "A linked clone keeps reading the template's disk: whoever deletes or loses that loses the database.",
    fix: "clone.linkedClone: false.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: ({ inputs }, find) => {
      if (inputs.at("clone").flag("linkedClone") === true)
        find("shares the template's disk", ".clone.linkedClone");
    },
  }),
  resourceRule({
    id: "vm-one-clock",
    title: "A vSphere VM has one source of time.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Two that correct each other make the clock jump: leases of the failover expire, and logs and targets of recovery are wrong.",
    fix: "syncTimeWithHostPeriodically: false, and chrony in the guest.",
    controls: ["ISO 27001 A.8.17"],
    judge: ({ inputs }, find) => {
      if (inputs.flag("syncTimeWithHostPeriodically") === true)
        find("the host sets the guest's clock again and again", ".syncTimeWithHostPeriodically");
    },
  }),
  resourceRule({
    id: "vm-tpm",
    title: "VMs have a virtual TPM.",
    severity: "low",
    level: "advisory",
    types: [TYPES.vm, TYPES.domain],
    why: "Without one the guest can bind no key to its measured boot.",
    fix: 'vtpm: { version: "2.0" }, where the vCenter has a key provider; on libvirt tpm with backendVersion "2.0".',
    controls: ["ISO 27001 A.8.24"],
    judge: ({ type, inputs }, find) => {
      const key = type === TYPES.vm ? "vtpm" : "tpm";
      if (!inputs.has(key)) find("no virtual TPM", `.${key}`);
    },
  }),
];
