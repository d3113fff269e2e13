import { TYPES } from "../../facts.js";
import { forEach, resourceRule, stackRule, type Rule, type Subject } from "../../rule.js";

/** Words in a snapshot's name that show a rotation. */
const ROTATION = /\b(backups?|daily|nightly|hourly|weekly|monthly|retention|rotat\w*|schedule[ds]?)\b/i;

/** Disks and snapshots of VMs. */
export const vmDiskRules: readonly Rule[] = [
  resourceRule({
    id: "vm-disks-separate",
    title: "System, data and WAL of a vSphere VM lie on disks of their own.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vm],
    why: "A full disk of one must not stop the others, and each grows by itself.",
    fix: "three disks with labels and unit numbers of their own: system, data, WAL.",
    controls: ["CIS PostgreSQL 8.1", "SOC 2 A1.2"],
    parameters: { disks: { what: "fewest disks", unit: "", default: 3, minimum: 1 } },
    judge: ({ inputs }, find, { disks: least }) => {
      const disks = inputs.list("disks");
      if (disks.length < least)
        find(`${disks.length} disk${disks.length === 1 ? "" : "s"} for system, data and WAL`, ".disks");
      for (const key of ["label", "unitNumber"] as const) {
        const given = disks.map((disk) => disk.at(key)).filter((at) => !at.unknown && at.value !== undefined);
        const values = given.map(({ value }) => value);
        given.forEach((at, i) => {
          if (values.indexOf(at.value) < i) find(`${at.shown} is taken already`, at);
        });
      }
    },
  }),
  resourceRule({
    id: "vm-disks-in-snapshots",
    title: "Every disk of a vSphere VM takes part in its snapshots.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Independent, non-persistent and shared disks are outside: a copy that lacks one disk of the database starts and is silently wrong.",
    fix: 'diskMode "persistent" and no sharing, the provider\'s defaults.',
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ inputs }, find) => {
      forEach(inputs.list("disks"), (disk) => {
        const mode = disk.text("diskMode") ?? "persistent";
        if (mode !== "persistent") find(`mode ${mode} is outside snapshots`, disk.at("diskMode"));
        const sharing = disk.text("diskSharing") ?? "sharingNone";
        if (sharing !== "sharingNone") find("a shared disk is open to two writers", disk.at("diskSharing"));
      });
      const bus = inputs.text("scsiBusSharing") ?? "noSharing";
      if (bus !== "noSharing") find(`bus sharing ${bus} forbids snapshots`, ".scsiBusSharing");
    },
  }),
  resourceRule({
    id: "vm-disks-kept",
    title: "A data disk that leaves the declaration is not deleted.",
    severity: "medium",
    level: "advisory",
    types: [TYPES.vm],
    why: "Without keepOnRemove a line that is removed, or a label that is changed, deletes the file with the database in it.",
    fix: "keepOnRemove: true for every disk but the first.",
    controls: ["SOC 2 A1.2", "SOC 2 CC8.1"],
    judge: ({ inputs }, find) => {
      forEach(inputs.list("disks").slice(1), (disk) => {
        if (disk.flag("keepOnRemove") !== true && disk.flag("attach") !== true)
          find("its file goes with its line", disk.at("keepOnRemove"));
      });
    },
  }),
  resourceRule({
    id: "vm-disk-ids",
    title: "The guest of a vSphere VM sees the ids of its disks.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.vm],
    why: "Names such as sdb follow the order in which disks are found: after a restart data and WAL may change places.",
    fix: "enableDiskUuid: true, and mounts by id.",
    controls: ["ISO 27001 A.8.9"],
    judge: ({ inputs }, find) => {
      if (inputs.flag("enableDiskUuid") !== true) find("the disks have no ids", ".enableDiskUuid");
    },
  }),
  resourceRule({
    id: "vm-encrypted",
    title: "vSphere VMs and their disks are encrypted at rest.",
    severity: "medium",
    level: "advisory",
    types: [TYPES.vm],
    why: "A stolen disk, or a copied file of a datastore, is readable without it.",
    fix: "storagePolicyId of an encryption policy for the VM and each disk, or an exemption that says what encrypts below.",
    controls: ["PCI DSS 3.5.1", "ISO 27001 A.8.24", "SOC 2 CC6.1"],
    judge: ({ inputs }, find) => {
      if (!inputs.has("storagePolicyId")) find("no storage policy for the VM", ".storagePolicyId");
      forEach(inputs.list("disks"), (disk) => {
        if (!disk.has("storagePolicyId")) find("no storage policy", disk.at("storagePolicyId"));
      });
    },
  }),
  resourceRule({
    id: "snapshot-consistent",
    title: "A declared snapshot freezes the file systems and leaves the memory out.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.vmSnapshot],
    why: "With memory the VM stops while gigabytes are written and comes back in the past; without quiescing the guest is not asked.",
    fix: "quiesce: true, memory: false.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ inputs }, find) => {
      if (inputs.flag("quiesce") !== true) find("the file systems are not frozen", ".quiesce");
      if (inputs.flag("memory") !== false) find("the memory is part of it", ".memory");
    },
  }),
  stackRule({
    id: "snapshot-no-backup",
    title: "No declared snapshot stands for a backup.",
    severity: "high",
    level: "mandatory",
    about: ({ type }) => type === TYPES.vmSnapshot,
    why: "It lies on the disk that it should save, grows with every write, slows the VM after days, and Pulumi neither rotates nor finds it again once somebody pruned it.",
    fix: "one VirtualMachineSnapshot a VM, before a change, removed after it; `pgkeep snapshot` and base backups for the rest.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    parameters: {
      snapshots: { what: "most declared snapshots of one VM", unit: "", default: 1, minimum: 0 },
    },
    judge: (resources, find, { snapshots: most }) => {
      const declared = resources.filter(({ type }) => type === TYPES.vmSnapshot);
      const machines = new Map<string, Subject[]>();
      forEach(declared, (snapshot) => {
        for (const key of ["snapshotName", "description"] as const) {
          const word = ROTATION.exec(snapshot.inputs.text(key) ?? "")?.[0];
          if (word !== undefined) find(`"${word}" speaks of a rotation`, snapshot, `.${key}`);
        }
        const machine = snapshot.inputs.text("virtualMachineUuid") ?? "";
        const list = machines.get(machine) ?? [];
        machines.set(machine, [...list, snapshot]);
      });
      for (const list of machines.values())
        if (list.length > most) find(`${list.length} snapshots of one VM are declared`, list.at(-1));
    },
  }),
];
