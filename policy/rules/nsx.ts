import { TYPES } from "../facts.js";
import type { Node } from "../node.js";
import { forEach, resourceRule, type Rule, type Subject } from "../rule.js";
import { isWorld } from "../text/networks.js";

/** The firewall among the arguments of the component, or of the dynamic resource below it. */
function firewallOf({ inputs }: Subject): Node {
  return inputs.has("firewall") ? inputs.at("firewall") : inputs;
}

function isAny(reference: Node): boolean {
  return !reference.unknown && reference.shown.toUpperCase() === "ANY";
}

/** Whether one of the addresses of the group that a reference names is the world. */
function isOpenGroup(firewall: Node, reference: Node): boolean {
  const group = firewall.list("groups").find((each) => each.text("id") === reference.value);
  return (group?.list("members") ?? []).some((member) =>
    member.list("addresses").some((at) => !at.unknown && isWorld(at.shown)),
  );
}

/** How many ports `"8000-8010"` is. */
function width(ports: string): number {
  const [first = Number.NaN, last = first] = ports.split("-").map(Number);
  return last - first + 1;
}

/** Whether the group that a reference names holds virtual machines: those can be isolated, addresses cannot. */
function holdsMachines(firewall: Node, reference: Node): boolean {
  const group = firewall.list("groups").find((each) => each.text("id") === reference.value);
  return (group?.list("members") ?? []).some((member) => member.has("tag") || member.has("virtualMachines"));
}

/** The distributed firewall. */
export const nsxRules: readonly Rule[] = [
  resourceRule({
    id: "nsx-sources-named",
    title: "No rule of the distributed firewall lets everybody in.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.nsxFirewall],
    why: "The group of a rule is read by name only: a group that holds all addresses opens what looks closed.",
    fix: "sources that name the applications; no 0.0.0.0/0, ::/0 or ANY.",
    controls: ["PCI DSS 1.3.1", "PCI DSS 1.4.2", "SOC 2 CC6.6", "ISO 27001 A.8.20"],
    judge: (resource, find) => {
      const firewall = firewallOf(resource);
      forEach(firewall.list("rules"), (rule) => {
        if (rule.text("direction") === "OUT") return;
        forEach(rule.list("sources"), (source) => {
          if (isAny(source) || isOpenGroup(firewall, source))
            find(`${source.shown} takes in every address, or nearly`, source);
        });
      });
    },
  }),
  resourceRule({
    id: "nsx-services-narrow",
    title: "Rules of the distributed firewall open the ports that are needed.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.nsxFirewall],
    why: "A wide range opens what starts to listen tomorrow.",
    fix: "services with single ports or short ranges; no ANY.",
    controls: ["PCI DSS 1.2.5", "PCI DSS 2.2.4", "SOC 2 CC6.6", "ISO 27001 A.8.20"],
    parameters: { ports: { what: "most ports in one range", unit: "", default: 64, minimum: 1 } },
    judge: (resource, find, { ports: most }) => {
      const firewall = firewallOf(resource);
      forEach(firewall.list("rules"), (rule) => {
        for (const service of rule.list("services"))
          if (isAny(service)) find("ANY opens every port", service);
      });
      forEach(firewall.list("services"), (service) =>
        forEach(service.list("entries"), (entry) =>
          forEach(entry.list("ports"), (at) => {
            const range = at.shown;
            if (width(range) > most) find(`${range} is ${width(range)} ports`, at);
          }),
        ),
      );
    },
  }),
  resourceRule({
    id: "nsx-denies-both-ways",
    title: "The distributed firewall denies what leaves a database, too.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.nsxFirewall],
    why: "A final rule for incoming traffic alone lets a broken server send the data wherever it likes.",
    fix: 'deny.direction "IN_OUT", the default, and rules for what the database calls.',
    controls: ["PCI DSS 1.3.2", "ISO 27001 A.8.12", "ISO 27001 A.8.22"],
    judge: (resource, find) => {
      const deny = firewallOf(resource).at("deny");
      const direction = deny.text("direction") ?? "IN_OUT";
      if (direction !== "IN_OUT") find(`the final rule is for ${direction} only`, deny.at("direction"));
    },
  }),
  resourceRule({
    id: "nsx-isolates-targets",
    title: "Every group of VMs that a rule lets in to is isolated.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.nsxFirewall],
    why: "The rules of this firewall only open; what is not isolated is closed by nobody.",
    fix: "isolate with every group of VMs among the destinations.",
    controls: ["PCI DSS 1.3.1", "SOC 2 CC6.6", "ISO 27001 A.8.22"],
    judge: (resource, find) => {
      const firewall = firewallOf(resource);
      const isolated = new Set(firewall.list("isolate").map(({ value }) => value));
      const said = new Set<unknown>();
      forEach(firewall.list("rules"), (rule) => {
        forEach(rule.list("destinations"), (target) => {
          if (isolated.has(target.value) || said.has(target.value) || !holdsMachines(firewall, target))
            return;
          said.add(target.value);
          find(`${target.shown} is not isolated`, target);
        });
      });
    },
  }),
];
