import { isObject, type Json, type JsonObject } from "../rest/json.js";
import { OWNER_SCOPE, type FirewallObjects, type Kind, type NsxObject } from "./objects.js";

/**
 * What is compared of an object, with what NSX means by a field that is not there. A field that opens, closes or moves a rule
 * is here even when we never set it: somebody else may.
 */
const COMPARED: Readonly<Record<Kind, JsonObject>> = {
  Group: { display_name: "", description: "", expression: [], tags: [] },
  Service: { display_name: "", description: "", service_entries: [], tags: [] },
  SecurityPolicy: {
    display_name: "",
    description: "",
    category: "Application",
    sequence_number: 0,
    stateful: true,
    tcp_strict: true,
    locked: false,
    scope: ["ANY"],
    scheduler_path: "",
    tags: [],
  },
  Rule: {
    display_name: "",
    notes: "",
    sequence_number: 0,
    action: "",
    direction: "IN_OUT",
    ip_protocol: "IPV4_IPV6",
    source_groups: ["ANY"],
    destination_groups: ["ANY"],
    sources_excluded: false,
    destinations_excluded: false,
    services: ["ANY"],
    service_entries: [],
    profiles: ["ANY"],
    scope: ["ANY"],
    logged: false,
    disabled: false,
    tag: "",
    tags: [],
  },
};

/** Lists whose order means nothing. */
const SETS = [
  "source_groups",
  "destination_groups",
  "services",
  "scope",
  "profiles",
  "ip_addresses",
  "paths",
  "external_ids",
  "destination_ports",
  "source_ports",
  "tags",
];
/** What is compared of the parts of groups and services that are ours to say; NSX adds more to them by itself. */
const PARTS: Readonly<Record<string, JsonObject>> = {
  ConjunctionOperator: { conjunction_operator: "" },
  IPAddressExpression: { ip_addresses: [] },
  PathExpression: { paths: [] },
  ExternalIDExpression: { member_type: "", external_ids: [] },
  Condition: { member_type: "", key: "", operator: "", value: "", scope_operator: "EQUALS" },
  L4PortSetServiceEntry: { id: "", l4_protocol: "", destination_ports: [], source_ports: [] },
};
/** What NSX adds to parts of other kinds, which somebody else has put there. */
const ADDED =
  /^_|^(path|relative_path|parent_path|remote_path|unique_id|realization_id|owner_id|origin_site_id|marked_for_delete|overridden)$/;

/** An object as it is compared and kept in the state: the same meaning gives the same text. */
export function canonicalObject(
  object: JsonObject & { readonly resource_type: Kind; readonly id: string },
): NsxObject {
  const { resource_type, id } = object;
  const fields = Object.entries(COMPARED[resource_type]).map(([key, absent]) => [
    key,
    canonical(object[key] ?? absent, key, resource_type),
  ]);
  return { resource_type, id, ...(Object.fromEntries(fields) as JsonObject) };
}

/** Several objects, in the order of their ids. */
export function canonicalObjects({ groups, services, policy, rules }: FirewallObjects): FirewallObjects {
  const all = (objects: readonly NsxObject[]): NsxObject[] =>
    objects.map(canonicalObject).toSorted((a, b) => compare(a.id, b.id));
  return {
    groups: all(groups),
    services: all(services),
    ...(policy === undefined ? {} : { policy: canonicalObject(policy) }),
    rules: all(rules),
  };
}

/** True when two firewalls mean the same. */
export function sameObjects(one: FirewallObjects, other: FirewallObjects): boolean {
  return JSON.stringify(canonicalObjects(one)) === JSON.stringify(canonicalObjects(other));
}

/** Kind and id of every object that is not the same in both. */
export function differences(one: FirewallObjects, other: FirewallObjects): string[] {
  const texts = ({ groups, services, policy, rules }: FirewallObjects): Map<string, string> =>
    new Map(
      [...groups, ...services, ...(policy === undefined ? [] : [policy]), ...rules].map((object) => [
        `${object.resource_type} ${object.id}`,
        JSON.stringify(canonicalObject(object)),
      ]),
    );
  const [left, right] = [texts(one), texts(other)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((key) => left.get(key) !== right.get(key));
}

/** True for an object that carries the mark of this owner. */
export function belongsTo({ tags }: JsonObject, owner: string): boolean {
  return (
    Array.isArray(tags) &&
    tags.some((tag: Json) => isObject(tag) && tag["scope"] === OWNER_SCOPE && tag["tag"] === owner)
  );
}

function canonical(value: Json, key: string, kind: Kind): Json {
  if (isList(value)) {
    const items = value.map((item) => canonical(item, "", kind));
    // A service's entries have ids, and NSX gives them back in any order.
    const unordered = SETS.includes(key) || (kind === "Service" && key === "service_entries");
    return unordered ? items.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b))) : items;
  }
  if (!isObject(value)) return value;
  const type = value["resource_type"];
  const compared = typeof type === "string" ? PARTS[type] : undefined;
  const names =
    compared === undefined ? Object.keys(value).filter((name) => !ADDED.test(name)) : Object.keys(compared);
  const parts = names
    .toSorted()
    .map((name) => [name, canonical(value[name] ?? compared?.[name] ?? null, name, kind)]);
  return {
    ...(type === undefined ? {} : { resource_type: type }),
    ...(Object.fromEntries(parts) as JsonObject),
  };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
