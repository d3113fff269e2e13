import { placeOf } from "../../machines.js";
import { TYPES } from "../../facts.js";
import { resourceRule, stackRule, type Rule } from "../../rule.js";

/** Where VMs run, and what happens when a host fails. */
export const placementRules: readonly Rule[] = [
  stackRule({
    id: "vms-kept-apart",
    title: "vSphere VMs of one cluster are kept on different hosts.",
    severity: "high",
    level: "mandatory",
    about: ({ type }) => type === TYPES.vm,
    why: "The scheduler may put primary and standby on one host, and then one host is both.",
    fix: "a ComputeClusterVmAntiAffinityRule with the VMs of that cluster.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: (resources, find) => {
      const machines = resources.filter(({ type }) => type === TYPES.vm);
      const places = machines.map(placeOf);
      const crowded = machines.filter((_, i) => places.filter((place) => place === places[i]).length > 1);
      const kept = resources.some(
        ({ type, inputs }) =>
          type === TYPES.antiAffinity &&
          inputs.flag("enabled") !== false &&
          // The ids of VMs that are made in the same run are not known yet; how many there are often is.
          (inputs.at("virtualMachineIds").unknown || inputs.list("virtualMachineIds").length > 1),
      );
      if (crowded.length > 0 && !kept)
        find(`nothing keeps ${crowded.map(({ name }) => name).join(", ")} apart`, crowded[0]);
    },
  }),
  resourceRule({
    id: "anti-affinity-in-force",
    title: "A rule that keeps VMs apart is in force and names at least two.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.antiAffinity],
    why: "A disabled rule, or one about a single VM, looks like a guarantee and is none.",
    fix: "enabled left out or true, and two VMs or more.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: ({ inputs }, find) => {
      if (inputs.flag("enabled") === false) find("the rule is off", ".enabled");
      const count = inputs.list("virtualMachineIds").length;
      if (count < 2) find(`names ${count} VM${count === 1 ? "" : "s"}`, ".virtualMachineIds");
    },
  }),
  resourceRule({
    id: "ha-restarts-databases",
    title: "After the failure of a host, databases are restarted early.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.haOverride],
    why: "At a low priority they wait for everything else, or for ever when the remaining hosts are full; and without the word about defaults the monitoring below is ignored.",
    fix: 'haVmRestartPriority "high" or "highest"; haVmMonitoringUseClusterDefaults: false where haVmMonitoring is set.',
    controls: ["SOC 2 A1.2", "ISO 27001 A.5.30"],
    judge: ({ inputs }, find) => {
      const priority = inputs.text("haVmRestartPriority") ?? "clusterRestartPriority";
      if (!["high", "highest"].includes(priority))
        find(`the priority is ${priority}`, ".haVmRestartPriority");
      // The provider fills in "vmMonitoringDisabled" where nothing is written: that is nobody's wish.
      const wish = inputs.has("haVmMonitoring") && inputs.text("haVmMonitoring") !== "vmMonitoringDisabled";
      if (wish && inputs.flag("haVmMonitoringUseClusterDefaults") !== false)
        find("is ignored, the cluster's defaults hold", ".haVmMonitoring");
    },
  }),
];
