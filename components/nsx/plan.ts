import { canonicalObject } from "./canonical.js";
import type { JsonObject } from "../rest/json.js";
import type { FirewallObjects, Kind, NsxObject } from "./objects.js";

/** Body of a hierarchical PATCH of `/infra`. */
export interface InfraBody extends JsonObject {
  readonly resource_type: "Infra";
  readonly children: readonly JsonObject[];
}

/** What has to be written, in this order. A call that changes nothing is left out. */
export interface Plan {
  /** Everything that is added, changed or removed inside the policy: NSX takes all of it or nothing. */
  readonly write?: InfraBody | undefined;
  /** Groups and services that no rule of ours names any more. Somebody else's rule may: that must not hold up the rules. */
  readonly cleanUp?: InfraBody | undefined;
}

/**
 * What leads from the objects that are there to those that are wanted. `present` are objects as NSX gave them, with
 * their `_revision`, which goes back so that NSX refuses to overwrite what somebody changed meanwhile.
 */
export function planFirewall(domain: string, present: FirewallObjects, wanted: FirewallObjects): Plan {
  const { policy } = wanted;
  const rules = changes(present.rules, wanted.rules);
  const groups = changes(present.groups, wanted.groups);
  const services = changes(present.services, wanted.services);
  const policyChanged = policy !== undefined && !unchanged(present.policy, policy);
  const ruleChildren = [...rules.written, ...rules.removed];
  // A policy that is not written itself is only named on the way to its rules; one that is there is never made again.
  const policyChildren =
    policy === undefined || (!policyChanged && ruleChildren.length === 0)
      ? []
      : [
          child({
            ...withRevision(policy, present.policy),
            children: wholePolicy(present, wanted, rules.removed),
          }),
        ];
  return {
    write: body(domain, services.written, [...groups.written, ...policyChildren]),
    cleanUp: body(domain, services.removed, groups.removed),
  };
}

/** Removal of all of it: the policy first, with its rules; what it named after that. */
export function planRemoval(domain: string, { groups, services, policy }: FirewallObjects): Plan {
  return {
    write: body(domain, [], policy === undefined ? [] : [removed(policy)]),
    cleanUp: body(domain, services.map(removed), groups.map(removed)),
  };
}

/** Every rule, changed or not: a policy always travels whole, allowing and denying rules in one call. */
function wholePolicy(
  present: FirewallObjects,
  wanted: FirewallObjects,
  gone: readonly JsonObject[],
): readonly JsonObject[] {
  return [
    ...wanted.rules.map((rule) =>
      child(
        withRevision(
          rule,
          present.rules.find(({ id }) => id === rule.id),
        ),
      ),
    ),
    ...gone,
  ];
}

function changes(
  present: readonly NsxObject[],
  wanted: readonly NsxObject[],
): { written: JsonObject[]; removed: JsonObject[] } {
  const there = new Map(present.map((object) => [object.id, object]));
  const ids = new Set(wanted.map(({ id }) => id));
  return {
    written: wanted
      .filter((object) => !unchanged(there.get(object.id), object))
      .map((object) => child(withRevision(object, there.get(object.id)))),
    removed: present.filter(({ id }) => !ids.has(id)).map(removed),
  };
}

function unchanged(present: NsxObject | undefined, wanted: NsxObject): boolean {
  return (
    present !== undefined &&
    JSON.stringify(canonicalObject(present)) === JSON.stringify(canonicalObject(wanted))
  );
}

function withRevision(object: NsxObject, present: NsxObject | undefined): NsxObject {
  const revision = present?.["_revision"];
  return revision === undefined ? object : { ...object, _revision: revision };
}

function child(object: NsxObject): JsonObject {
  return { resource_type: `Child${object.resource_type}`, [object.resource_type]: object };
}

function removed(object: NsxObject): JsonObject {
  const { resource_type, id } = object;
  const named: NsxObject = withRevision({ resource_type, id, ...required(object) }, object);
  return { ...child(named), marked_for_delete: true };
}

/** Fields without which NSX does not take an object for one of its kind. */
const REQUIRED: Readonly<Partial<Record<Kind, readonly string[]>>> = { Rule: ["action"] };

function required(object: NsxObject): JsonObject {
  return Object.fromEntries(
    (REQUIRED[object.resource_type] ?? []).map((key) => [key, object[key] ?? ""]),
  ) as JsonObject;
}

function body(
  domain: string,
  services: readonly JsonObject[],
  inDomain: readonly JsonObject[],
): InfraBody | undefined {
  if (services.length + inDomain.length === 0) return undefined;
  const reference = {
    resource_type: "ChildResourceReference",
    id: domain,
    target_type: "Domain",
    children: inDomain,
  };
  return { resource_type: "Infra", children: inDomain.length === 0 ? services : [...services, reference] };
}
