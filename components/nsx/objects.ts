import {
  DENY_SEQUENCE_NUMBER,
  labelOf,
  sequenceNumberOf,
  type Firewall,
  type FirewallGroup,
  type FirewallService,
  type GroupMember,
} from "./firewall-schema.js";
import type { JsonObject } from "../rest/json.js";

export type Kind = "Group" | "Service" | "SecurityPolicy" | "Rule";

/** One object of the intent, with the fields that are ours to say. */
export interface NsxObject extends JsonObject {
  readonly resource_type: Kind;
  readonly id: string;
}

/** All objects of one firewall. */
export interface FirewallObjects {
  readonly groups: readonly NsxObject[];
  readonly services: readonly NsxObject[];
  /** Undefined when there is none. */
  readonly policy?: NsxObject | undefined;
  readonly rules: readonly NsxObject[];
}

/** Scope of the tag that marks objects as pgkeep's. */
export const OWNER_SCOPE = "pgkeep";

/** Where the objects of a firewall are. */
export interface Names {
  readonly policyPath: string;
  group(id: string): { readonly id: string; readonly path: string };
  service(id: string): { readonly id: string; readonly path: string };
}

/**
 * Ids of groups and services begin with the policy's: a firewall with another id or domain shares no object with this one,
 * so that it can be made before this one is removed.
 */
export function namesOf({ policyId, domain }: Pick<Firewall, "policyId" | "domain">): Names {
  const prefix = domain === "default" ? policyId : `${domain}-${policyId}`;
  return {
    policyPath: `/infra/domains/${domain}/security-policies/${policyId}`,
    group: (group) => ({
      id: `${prefix}-${group}`,
      path: `/infra/domains/${domain}/groups/${prefix}-${group}`,
    }),
    service: (service) => ({ id: `${prefix}-${service}`, path: `/infra/services/${prefix}-${service}` }),
  };
}

/** The objects that a firewall consists of. `owner` marks them, so that nothing of somebody else is ever taken over. */
export function objectsOf(firewall: Firewall, owner: string): FirewallObjects {
  const names = namesOf(firewall);
  const tags = [{ scope: OWNER_SCOPE, tag: owner }];
  const isolated = firewall.isolate.map((id) => names.group(id).path).toSorted();
  const groupPath = (reference: string): string =>
    reference.startsWith("/") ? reference : names.group(reference).path;
  const servicePath = (reference: string): string =>
    reference.startsWith("/") ? reference : names.service(reference).path;
  const everyRule = {
    sources_excluded: false,
    destinations_excluded: false,
    profiles: ["ANY"],
    // The policy's scope is what counts.
    scope: ["ANY"],
    logged: true,
    disabled: false,
    tags,
  };
  return {
    groups: firewall.groups.map((group) => groupObject(group, names.group(group.id).id, tags)),
    services: firewall.services.map((service) => serviceObject(service, names.service(service.id).id, tags)),
    policy: {
      resource_type: "SecurityPolicy",
      id: firewall.policyId,
      display_name: firewall.displayName ?? firewall.policyId,
      category: firewall.category,
      sequence_number: firewall.sequenceNumber,
      stateful: true,
      tcp_strict: true,
      locked: false,
      scope: isolated,
      tags,
    },
    rules: [
      ...firewall.rules.map((rule, index): NsxObject => ({
        resource_type: "Rule",
        id: rule.id,
        display_name: rule.displayName ?? rule.id,
        notes: rule.notes,
        sequence_number: sequenceNumberOf(rule, index),
        action: "ALLOW",
        direction: rule.direction,
        ip_protocol: rule.ipProtocol,
        source_groups: rule.sources.map(groupPath).toSorted(),
        destination_groups: rule.destinations.map(groupPath).toSorted(),
        services: rule.services.map(servicePath).toSorted(),
        tag: labelOf(rule),
        ...everyRule,
      })),
      {
        resource_type: "Rule",
        id: firewall.deny.id,
        display_name: firewall.deny.id,
        notes: "Everything that no rule above allows.",
        sequence_number: DENY_SEQUENCE_NUMBER,
        action: firewall.deny.action,
        direction: firewall.deny.direction,
        ip_protocol: "IPV4_IPV6",
        source_groups: ["ANY"],
        destination_groups: ["ANY"],
        services: ["ANY"],
        tag: labelOf(firewall.deny),
        ...everyRule,
      },
    ],
  };
}

type Tags = readonly { readonly scope: string; readonly tag: string }[];

function groupObject(
  { id, displayName, description, members }: FirewallGroup,
  nsxId: string,
  tags: Tags,
): NsxObject {
  const or = { resource_type: "ConjunctionOperator", conjunction_operator: "OR" };
  return {
    resource_type: "Group",
    id: nsxId,
    display_name: displayName ?? id,
    description,
    expression: members.flatMap((member, i) => (i === 0 ? [operand(member)] : [or, operand(member)])),
    tags: tags.map((tag) => ({ ...tag })),
  };
}

function operand(member: GroupMember): JsonObject {
  if ("addresses" in member)
    return { resource_type: "IPAddressExpression", ip_addresses: member.addresses.toSorted() };
  if ("paths" in member) return { resource_type: "PathExpression", paths: member.paths.toSorted() };
  if ("virtualMachines" in member)
    return {
      resource_type: "ExternalIDExpression",
      member_type: "VirtualMachine",
      external_ids: member.virtualMachines.toSorted(),
    };
  return {
    resource_type: "Condition",
    member_type: "VirtualMachine",
    key: "Tag",
    operator: "EQUALS",
    scope_operator: "EQUALS",
    value: `${member.scope}|${member.tag}`,
  };
}

function serviceObject({ id, displayName, entries }: FirewallService, nsxId: string, tags: Tags): NsxObject {
  return {
    resource_type: "Service",
    id: nsxId,
    display_name: displayName ?? id,
    service_entries: entries.map((entry) => ({
      resource_type: "L4PortSetServiceEntry",
      id: entry.id,
      display_name: entry.id,
      l4_protocol: entry.protocol,
      destination_ports: entry.ports.toSorted(),
      source_ports: entry.sourcePorts.toSorted(),
    })),
    tags: tags.map((tag) => ({ ...tag })),
  };
}
