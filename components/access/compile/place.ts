import type { Family } from "../network.js";
import type { Endpoint } from "../packet.js";
import { isMember } from "../model/decide.js";
import type { AccessModel, Group } from "../model/model.js";

/** Where a text is loaded: a host, or one interface of it, with every address that it answers to there. */
export interface Place {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
}

export const FAMILIES: readonly Family[] = [4, 6];

export function familyOf({ address }: Endpoint): Family {
  return address.includes(":") ? 6 : 4;
}

/** True when the model enforces something at the place. */
export function isEnforced(model: AccessModel, { endpoints }: Place): boolean {
  return endpoints.every((endpoint) =>
    model.groups.some((group) => group.enforced && isMember(group, endpoint)),
  );
}

/**
 * The place's own addresses of a family that groups mean: "all" when nothing sets them apart from the others, undefined when
 * there are none.
 */
export function ownOf(
  { endpoints }: Place,
  groups: "any" | readonly Group[],
  family: Family,
): "all" | readonly string[] | undefined {
  const here = endpoints.filter((endpoint) => familyOf(endpoint) === family);
  const meant = here.filter(
    (endpoint) => groups === "any" || groups.some((group) => isMember(group, endpoint)),
  );
  if (meant.length === 0) return undefined;
  return meant.length === here.length ? "all" : meant.map(({ address }) => address);
}
