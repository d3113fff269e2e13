import { derivedModel, type AccessModel, type GuestPorts } from "../access/index.js";
import { PURPOSES } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/index.js";
import type {
  DistributedFirewallArgs,
  FirewallGroupArgs,
  FirewallRuleArgs,
  FirewallServiceArgs,
} from "./firewall-args.js";

/** What of a firewall follows from the declaration; the rest is where it stands. */
export type ClusterFirewall = Pick<
  DistributedFirewallArgs,
  "policyId" | "displayName" | "isolate" | "groups" | "services" | "rules"
>;

/** Scope of the tags by which groups find the guests. */
export const GUEST_TAG_SCOPE = "pgkeep";

/** The tag of one guest's VM. */
export function guestTag(plan: RecoveryPlan, guest: string): string {
  return `${plan.environment.cluster.name}.${guest}`;
}

/** Ports of one service entry; a range counts as two (NSX 4.2). */
const PORTS_PER_ENTRY = 15;

/**
 * The firewall of a cluster as one NSX Manager enforces it, from the access model: every path that the declaration gives and none else.
 *
 * Guests whose VMs the manager knows are found by their tags, on all three networks at once: NSX filters a VM, not an address of it. So
 * a rule holds here between VMs, and the guest's own firewall says on which network. Guests of other sites are addresses.
 *
 * ICMP is not declared: a stateful firewall passes the errors that belong to a connection, which is what path MTU discovery needs.
 *
 * @param sites sites whose VMs the manager knows
 */
export function clusterFirewall(
  plan: RecoveryPlan,
  sites: readonly string[],
  ports: GuestPorts,
): ClusterFirewall {
  const model = derivedModel(plan, ports);
  const known = plan.guests.filter(({ site }) => sites.includes(site)).map(({ name }) => name);
  const rules = rulesOf(model, plan, known);
  const named = new Set(rules.flatMap(({ sources, destinations }) => [...sources, ...destinations]));
  const called = new Set(rules.flatMap((rule) => rule.services));
  const { name } = plan.environment.cluster;
  return {
    policyId: `pgkeep-${name}`,
    displayName: `pgkeep: PostgreSQL cluster ${name}`,
    isolate: known,
    groups: [
      ...plan.guests
        .filter((guest) => known.includes(guest.name) || named.has(guest.name))
        .map((guest) => guestGroup(plan, guest, known.includes(guest.name))),
      ...otherGroups(model, plan, named),
    ],
    services: servicesOf(model, called),
    rules,
  };
}

function guestGroup(plan: RecoveryPlan, guest: PlanGuest, known: boolean): FirewallGroupArgs {
  const description = `${guest.kind} at site ${guest.site}`;
  return known
    ? {
        id: guest.name,
        description,
        members: [{ scope: GUEST_TAG_SCOPE, tag: guestTag(plan, guest.name) }],
      }
    : { id: guest.name, description, members: byFamily(PURPOSES.map((purpose) => guest.addresses[purpose])) };
}

function otherGroups(
  model: AccessModel,
  plan: RecoveryPlan,
  named: ReadonlySet<string>,
): FirewallGroupArgs[] {
  return model.groups
    .filter(({ name }) => guestNameOf(plan, name) === undefined && named.has(idOf(name)))
    .map(({ name, networks }) => ({
      id: idOf(name),
      members: byFamily(networks.map(({ text }) => text)),
    }));
}

/** NSX refuses both families in one expression. */
function byFamily(addresses: readonly string[]): FirewallGroupArgs["members"] {
  const [six, four] = [true, false].map((wanted) =>
    addresses.filter((address) => address.includes(":") === wanted),
  );
  return [four, six].flatMap((members) =>
    members === undefined || members.length === 0 ? [] : [{ addresses: members }],
  );
}

function rulesOf(model: AccessModel, plan: RecoveryPlan, known: readonly string[]): FirewallRuleArgs[] {
  return model.rules.flatMap(({ name, from, to, services, description, action }) => {
    // Only ICMP is from and to anybody: see above.
    if (from === "any" || to === "any" || services === "any" || action !== "allow") return [];
    const ends = (groups: typeof from): string[] => [
      ...new Set(groups.map((group) => guestNameOf(plan, group.name) ?? idOf(group.name))),
    ];
    const [sources, destinations] = [ends(from), ends(to)];
    if (![...sources, ...destinations].some((end) => known.includes(end))) return [];
    return [
      {
        id: idOf(name),
        sources,
        destinations,
        services: services.map((service) => idOf(service.name)),
        notes: description,
      },
    ];
  });
}

function servicesOf(model: AccessModel, called: ReadonlySet<string>): FirewallServiceArgs[] {
  return model.services
    .filter(({ name }) => called.has(idOf(name)))
    .map(({ name, protocol, ports }) => {
      if (protocol !== "tcp" && protocol !== "udp")
        throw new TypeError(`service ${name}: ${protocol} cannot be declared in NSX here`);
      const words = ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
      if (ports.reduce((sum, { first, last }) => sum + (first === last ? 1 : 2), 0) > PORTS_PER_ENTRY)
        throw new TypeError(`service ${name}: more ports than NSX takes in an entry`);
      return {
        id: idOf(name),
        entries: [{ id: protocol, protocol: protocol === "tcp" ? "TCP" : "UDP", ports: words }],
      };
    });
}

/** The guest that a group of the model stands for on one network. */
function guestNameOf({ guests }: RecoveryPlan, group: string): string | undefined {
  const [purpose, ...rest] = group.split(".");
  const name = rest.join(".");
  return PURPOSES.some((each) => each === purpose) && guests.some((guest) => guest.name === name)
    ? name
    : undefined;
}

/** Names of the model have dots, as names of groups in a declaration never do; a guest may be called like one of those. */
function idOf(name: string): string {
  return name.includes(".") ? name : `declared.${name}`;
}
