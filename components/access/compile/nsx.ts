import type { AccessModel, Group, Rule } from "../model/model.js";
import type { Service } from "../model/schema.js";
import { callsOf, reportBeside, sideOf, type Kind } from "./parts.js";
import { Limits, type Compiled } from "./result.js";

/** A JSON object of the NSX Policy API. */
export interface NsxObject {
  readonly [key: string]: unknown;
}

/** Limits that the Policy API gives (NSX 4.x). */
const MOST_CONDITIONS = 5;
const MOST_ADDRESSES = 500;
const MOST_PORTS = 15;
const MOST_RULES = 1000;
const LONGEST_TAG = 32;
const KNOWN: readonly Kind[] = ["networks", "tags"];
/** Sequence numbers of rules are this far apart, so that one can be put between by hand in an emergency. */
const STEP = 10;
const LAST = 999_999;

/**
 * Compiles the model into the body of one hierarchical PATCH of /infra: services, groups, and one policy with all rules and
 * the final deny, applied to the enforced groups. One call, so there is no moment with a part of it.
 */
export function compileNsx(
  model: AccessModel,
  { policy, domain = "default" }: { readonly policy: string; readonly domain?: string },
): Compiled<NsxObject> {
  const limits = new Limits("nsx");
  reportBeside(model, limits, true);
  const scope = scopeOf(model, domain, limits);
  const rules = model.rules.flatMap((rule, i) => ruleOf(rule, (i + 1) * STEP, domain, limits) ?? []);
  if (rules.length >= MOST_RULES) limits.refuse({ what: `takes ${MOST_RULES} rules a policy` });
  const used = new Set(rules.flatMap(({ groups }) => groups));
  const groups = model.groups.filter(
    ({ name, enforced, tags }) => used.has(name) || (enforced && tags.length > 0),
  );
  for (const group of groups) checkSize(group, limits);
  const called = new Set(model.rules.flatMap(({ services }) => (services === "any" ? [] : services)));
  const body = (): NsxObject => ({
    resource_type: "Infra",
    children: [
      ...model.services.filter((service) => called.has(service)).map(serviceOf),
      {
        resource_type: "ChildResourceReference",
        id: domain,
        target_type: "Domain",
        children: [
          ...groups.map(groupOf),
          {
            resource_type: "ChildSecurityPolicy",
            SecurityPolicy: {
              resource_type: "SecurityPolicy",
              id: policy,
              display_name: policy,
              category: "Application",
              sequence_number: STEP,
              stateful: true,
              tcp_strict: true,
              scope,
              children: [...rules.map(({ child }) => child), denial(model)],
            },
          },
        ],
      },
    ],
  });
  return limits.result(body);
}

/** A tagged machine may be meant by an enforced group of addresses as well. */
function mayStandAt({ tags, networks, enforced }: Group): boolean {
  return tags.length > 0 || (enforced && networks.length > 0);
}

/** Where the policy is applied. Groups of addresses alone cannot be applied to: NSX must know the virtual machine. */
function scopeOf(model: AccessModel, domain: string, limits: Limits): string[] {
  const enforced = model.groups.filter((group) => group.enforced);
  for (const group of enforced)
    if (group.networks.length + group.pods.length + group.serviceAccounts.length > 0)
      limits.report({
        group: group.name,
        what: "stands only at virtual machines with a tag, not at networks or pods",
        effect: "elsewhere",
      });
  const tagged = enforced.filter(({ tags }) => tags.length > 0);
  if (tagged.length === 0) limits.refuse({ what: "needs an enforced group of tagged virtual machines" });
  return tagged.map(({ name }) => groupPath(domain, name));
}

function ruleOf(
  rule: Rule,
  sequence: number,
  domain: string,
  limits: Limits,
): { child: NsxObject; groups: string[] } | undefined {
  const from = sideOf(rule, "from", KNOWN, limits, mayStandAt);
  const to = sideOf(rule, "to", KNOWN, limits, mayStandAt);
  const calls = callsOf(rule, ["tcp", "udp", "icmp", "vrrp"], limits);
  if (from === undefined || to === undefined || calls === undefined) return undefined;
  const named = (groups: Rule["from"]): string[] =>
    groups === "any"
      ? []
      : groups.filter(({ networks, tags }) => networks.length + tags.length > 0).map(({ name }) => name);
  const paths = (groups: Rule["from"]): string[] =>
    groups === "any" ? ["ANY"] : named(groups).map((name) => groupPath(domain, name));
  const owner = rule.owner === undefined ? "" : ` (${rule.owner})`;
  return {
    groups: [...named(rule.from), ...named(rule.to)],
    child: childRule({
      id: rule.name,
      display_name: rule.name,
      notes: `${rule.description}${owner}`,
      action: rule.action === "allow" ? "ALLOW" : "DROP",
      source_groups: paths(rule.from),
      destination_groups: paths(rule.to),
      services:
        rule.services === "any" ? ["ANY"] : rule.services.map(({ name }) => `/infra/services/${name}`),
      sequence_number: sequence,
      logged: rule.log,
      tag: rule.name.slice(0, LONGEST_TAG),
    }),
  };
}

function denial(model: AccessModel): NsxObject {
  return childRule({
    id: "final-deny",
    display_name: "final-deny",
    notes: "what no rule allows",
    action: "DROP",
    source_groups: ["ANY"],
    destination_groups: ["ANY"],
    services: ["ANY"],
    sequence_number: LAST,
    logged: model.denial.log,
    tag: "final-deny",
  });
}

function childRule(rule: NsxObject): NsxObject {
  return {
    resource_type: "ChildRule",
    Rule: {
      resource_type: "Rule",
      ...rule,
      direction: "IN_OUT",
      ip_protocol: "IPV4_IPV6",
      profiles: ["ANY"],
      scope: ["ANY"],
      disabled: false,
    },
  };
}

function groupOf({ name, networks, tags }: Group): NsxObject {
  const operands: NsxObject[] = tags.map(({ scope, tag }) => ({
    resource_type: "Condition",
    member_type: "VirtualMachine",
    key: "Tag",
    operator: "EQUALS",
    value: `${scope}|${tag}`,
    scope_operator: "EQUALS",
  }));
  // An expression holds addresses of one family.
  for (const family of [4, 6] as const) {
    const addresses = networks.filter((each) => each.family === family).map(({ text }) => text);
    if (addresses.length > 0)
      operands.push({ resource_type: "IPAddressExpression", ip_addresses: addresses });
  }
  const or = { resource_type: "ConjunctionOperator", conjunction_operator: "OR" };
  return {
    resource_type: "ChildGroup",
    Group: {
      resource_type: "Group",
      id: name,
      display_name: name,
      expression: operands.flatMap((operand, i) => (i === 0 ? [operand] : [or, operand])),
    },
  };
}

function checkSize({ name, tags, networks }: Group, limits: Limits): void {
  if (tags.length > MOST_CONDITIONS)
    limits.refuse({ group: name, what: `takes ${MOST_CONDITIONS} tags a group` });
  if (networks.length > MOST_ADDRESSES)
    limits.refuse({ group: name, what: `takes ${MOST_ADDRESSES} networks a group` });
}

function serviceOf({ name, protocol, ports }: Service): NsxObject {
  const entry = (rest: NsxObject, i = 0): NsxObject => ({
    id: i === 0 ? name : `${name}-${i + 1}`,
    display_name: i === 0 ? name : `${name}-${i + 1}`,
    ...rest,
  });
  const entries = {
    tcp: () => portSets(ports, "TCP", entry),
    udp: () => portSets(ports, "UDP", entry),
    icmp: () =>
      ["ICMPv4", "ICMPv6"].map((each, i) =>
        entry({ resource_type: "ICMPTypeServiceEntry", protocol: each }, i),
      ),
    vrrp: () => [entry({ resource_type: "IPProtocolServiceEntry", protocol_number: 112 })],
  }[protocol]();
  return {
    resource_type: "ChildService",
    Service: { resource_type: "Service", id: name, display_name: name, service_entries: entries },
  };
}

/** An entry holds 15 values, of which a range takes two. */
function portSets(
  ports: Service["ports"],
  protocol: "TCP" | "UDP",
  entry: (rest: NsxObject, i: number) => NsxObject,
): NsxObject[] {
  const sets: { values: number; words: string[] }[] = [];
  for (const { first, last } of ports) {
    const values = first === last ? 1 : 2;
    const word = first === last ? String(first) : `${first}-${last}`;
    const open = sets.at(-1);
    if (open === undefined || open.values + values > MOST_PORTS) sets.push({ values, words: [word] });
    else {
      open.values += values;
      open.words.push(word);
    }
  }
  return sets.map(({ words }, i) =>
    entry(
      {
        resource_type: "L4PortSetServiceEntry",
        l4_protocol: protocol,
        destination_ports: words,
        source_ports: [],
      },
      i,
    ),
  );
}

function groupPath(domain: string, name: string): string {
  return `/infra/domains/${domain}/groups/${name}`;
}
