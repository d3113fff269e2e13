import { belongsTo } from "../canonical.js";
import { ApiError } from "../../rest/errors.js";
import type { JsonObject } from "../../rest/json.js";
import type { ManagerClient } from "../client/manager-client.js";
import { namesOf, OWNER_SCOPE, type FirewallObjects, type Kind, type NsxObject } from "../objects.js";

/** Which objects belong to a firewall: those that are wanted, and those that it had. */
export interface Identity {
  readonly policyId: string;
  readonly domain: string;
}

/** The objects that NSX has under the ids of a firewall, with every rule of its policy, whoever made it. */
export async function readPresent(
  client: ManagerClient,
  { policyId, domain }: Identity,
  known: readonly FirewallObjects[],
): Promise<FirewallObjects> {
  const { policyPath } = namesOf({ policyId, domain });
  const policy = await client.get(policyPath);
  const rules = policy === undefined ? [] : await client.list(`${policyPath}/rules`);
  const ids = (key: "groups" | "services"): string[] => [
    ...new Set(known.flatMap((objects) => objects[key].map(({ id }) => id))),
  ];
  const all = async (kind: Kind, key: "groups" | "services", at: string): Promise<NsxObject[]> => {
    const found: NsxObject[] = [];
    for (const id of ids(key)) {
      const object = await client.get(`${at}/${id}`);
      if (object !== undefined) found.push(asObject(kind, id, object));
    }
    return found;
  };
  return {
    groups: await all("Group", "groups", `/infra/domains/${domain}/groups`),
    services: await all("Service", "services", "/infra/services"),
    ...(policy === undefined ? {} : { policy: asObject("SecurityPolicy", policyId, policy) }),
    rules: rules.flatMap((rule) =>
      typeof rule["id"] === "string" ? [asObject("Rule", rule["id"], rule)] : [],
    ),
  };
}

/** True when nothing is there. */
export function isEmpty({ groups, services, policy }: FirewallObjects): boolean {
  return policy === undefined && groups.length + services.length === 0;
}

/**
 * Refuses to take over what is somebody else's: an object with another owner's mark, or one without a mark that the state
 * does not know as ours.
 */
export function refuseForeign(
  present: FirewallObjects,
  known: FirewallObjects,
  owners: readonly string[],
): void {
  const foreign = objectsWithMark(present).filter(
    (object) =>
      !isOurs(object, owners) &&
      (isMarked(object) || !objectsWithMark(known).some((ours) => sameKindAndId(ours, object))),
  );
  if (foreign.length > 0)
    throw new ApiError(
      "refused",
      `${foreign.map(({ resource_type, id }) => `${resource_type} ${id}`).join(", ")} exists and is not this firewall's; ` +
        "give another policyId, or remove what is there",
    );
}

/** Only what carries our mark. Rules go with their policy. */
export function onlyOurs(
  { groups, services, policy, rules }: FirewallObjects,
  owners: readonly string[],
): FirewallObjects {
  const ours = (object: NsxObject): boolean => isOurs(object, owners);
  const kept = policy !== undefined && ours(policy) ? policy : undefined;
  return {
    groups: groups.filter(ours),
    services: services.filter(ours),
    ...(kept === undefined ? {} : { policy: kept }),
    rules: kept === undefined ? [] : rules,
  };
}

function objectsWithMark({ groups, services, policy }: FirewallObjects): NsxObject[] {
  return [...groups, ...services, ...(policy === undefined ? [] : [policy])];
}

function isOurs(object: NsxObject, owners: readonly string[]): boolean {
  return owners.some((owner) => belongsTo(object, owner));
}

function isMarked({ tags }: JsonObject): boolean {
  return Array.isArray(tags) && (tags as JsonObject[]).some(({ scope }) => scope === OWNER_SCOPE);
}

function sameKindAndId(one: NsxObject, other: NsxObject): boolean {
  return one.resource_type === other.resource_type && one.id === other.id;
}

function asObject(kind: Kind, id: string, object: JsonObject): NsxObject {
  return { ...object, resource_type: kind, id };
}
