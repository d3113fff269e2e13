import { ApiError } from "../../rest/errors.js";
import type { ManagerClient } from "../client/manager-client.js";
import { retrying } from "../../rest/timing.js";
import type { Json, JsonObject } from "../../rest/json.js";

/** A tag as NSX writes it. */
export interface Tag {
  readonly scope: string;
  readonly tag: string;
}

/** A VM that NSX knows, under the id that it was asked by. */
export interface KnownVm {
  readonly asked: string;
  readonly externalId: string;
  readonly tags: readonly Tag[];
}

/** Looks VMs up by BIOS UUID, instance UUID or external id; those that NSX does not know are left out. */
export async function lookUp(client: ManagerClient, asked: readonly string[]): Promise<KnownVm[]> {
  const inventory = await client.list("/infra/realized-state/virtual-machines");
  return asked.flatMap((id) => {
    const found = inventory.filter((vm) => idsOf(vm).includes(id.toLowerCase()));
    if (found.length > 1)
      throw new ApiError(
        "refused",
        `NSX knows ${found.length} VMs as ${id}; give the external id of the one`,
      );
    return found.map((vm) => ({ asked: id, externalId: String(vm["external_id"]), tags: tagsOf(vm) }));
  });
}

/** As lookUp, but waits for VMs: one that was just made takes a while to appear. */
export function lookUpAll(client: ManagerClient, asked: readonly string[]): Promise<KnownVm[]> {
  return retrying(
    client.timing,
    ({ reason }) => reason === "not-found",
    async () => {
      const found = await lookUp(client, asked);
      const missing = asked.filter((id) => !found.some((vm) => vm.asked === id));
      if (missing.length > 0)
        throw new ApiError(
          "not-found",
          `NSX knows no VM ${missing.join(", ")}; is it on a host that NSX manages?`,
        );
      return found;
    },
  );
}

export function hasTag({ tags }: KnownVm, { scope, tag }: Tag): boolean {
  return tags.some((one) => one.scope === scope && one.tag === tag);
}

function idsOf({ external_id: external, compute_ids: ids }: JsonObject): string[] {
  const others = Array.isArray(ids) ? (ids as Json[]).map(String) : [];
  return [
    String(external),
    ...others
      .filter((id) => id.startsWith("biosUuid:") || id.startsWith("instanceUuid:"))
      .map((id) => id.slice(id.indexOf(":") + 1)),
  ].map((id) => id.toLowerCase());
}

function tagsOf({ tags }: JsonObject): Tag[] {
  return Array.isArray(tags)
    ? (tags as JsonObject[]).map(({ scope, tag }) => ({ scope: String(scope ?? ""), tag: String(tag ?? "") }))
    : [];
}
