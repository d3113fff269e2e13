import type { Node } from "../node.js";
import { forEach, resourceRule, type Rule, type Subject } from "../rule.js";

/** The components of Site Recovery Manager and the dynamic resources that they make. */
const SITES = /^pgkeep:srm:(?:InventoryMappings|ProtectionGroup|RecoveryPlan)$|^pulumi-nodejs:dynamic\/srm:/;
const GROUPS = /^pgkeep:srm:ProtectionGroup$|^pulumi-nodejs:dynamic\/srm:ProtectionGroup$/;

/** What is declared: the arguments of a component, or among those of the dynamic resource below it. */
function declaredIn({ inputs }: Subject): Node {
  return inputs.has("declared") ? inputs.at("declared") : inputs;
}

/** Recovery of VMs at another site. */
export const srmRules: readonly Rule[] = [
  resourceRule({
    id: "srm-sites-apart",
    title: "Site Recovery Manager recovers at another vCenter than the one it protects.",
    severity: "critical",
    level: "mandatory",
    types: [SITES],
    why: "A plan that recovers where it protects is green until the site is gone, and then there is nothing to start.",
    fix: "sites.protected and sites.recovery with two vCenter Servers.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14", "ISO 27001 A.5.30"],
    judge: (resource, find) => {
      const sites = declaredIn(resource).at("sites");
      const [here, there] = [sites.at("protected"), sites.at("recovery")];
      const vcenter = there.text("vcenter");
      if (vcenter !== undefined && vcenter === here.text("vcenter"))
        find("both sites are the same vCenter Server", there.at("vcenter"));
    },
  }),
  resourceRule({
    id: "srm-replication-frequent",
    title: "Replication of VMs keeps up, and keeps more than the newest state.",
    severity: "high",
    level: "mandatory",
    types: [GROUPS],
    why: "What is lost with the site is what was not replicated; and a single copy takes over a corruption within minutes.",
    fix: "replication.rpo in minutes, and pointsInTime with two instances or more.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    parameters: {
      minutes: { what: "longest RPO of replication", unit: "min", default: 360, minimum: 5, maximum: 1440 },
      instances: { what: "fewest points in time", unit: "", default: 2, minimum: 1, maximum: 24 },
    },
    judge: (resource, find, { minutes, instances }) => {
      forEach(declaredIn(resource).list("virtualMachines"), (machine) => {
        if (!machine.has("replication")) return;
        const replication = machine.at("replication");
        const rpo = replication.number("rpo");
        if (rpo === undefined || rpo > minutes)
          find(rpo === undefined ? "no RPO is given" : `the RPO is ${rpo} min`, replication.at("rpo"));
        const points = replication.at("pointsInTime");
        const kept = points.number("instances") ?? 1;
        if (kept < instances) find(`${kept} point${kept === 1 ? "" : "s"} in time`, points);
      });
    },
  }),
];
