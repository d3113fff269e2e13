import { randomUUID } from "node:crypto";
import { ApiError } from "../../rest/errors.js";
import type { ManagerClient } from "../client/manager-client.js";
import { pause } from "../../rest/timing.js";
import type { Json, JsonObject } from "../../rest/json.js";
import type { Tag } from "./inventory.js";

/** External ids of the VMs that get a tag, and of those that lose it. Every other tag of theirs stays. */
export interface TagChange {
  readonly tag: Tag;
  readonly apply: readonly string[];
  readonly remove: readonly string[];
}

/** Looks at most so often whether NSX is done: with the usual pause, about two minutes. */
const LOOKS = 60;

/** Sets and removes one tag on many VMs, and waits until NSX has done it on each. */
export async function changeTag(client: ManagerClient, { tag, apply, remove }: TagChange): Promise<void> {
  if (apply.length + remove.length === 0) return;
  // An operation is an object that stays; each has an id of its own, by which it may be sent again.
  const path = `/infra/tags/tag-operations/pgkeep-${randomUUID()}`;
  await put(client, path, {
    tag: { scope: tag.scope, tag: tag.tag },
    ...(apply.length === 0 ? {} : { apply_to: [vms(apply)] }),
    ...(remove.length === 0 ? {} : { remove_from: [vms(remove)] }),
  });
  for (let look = 0; look < LOOKS; look++) {
    const status = (await client.get(`${path}/status`)) ?? {};
    if (status["status"] === "Success") return;
    if (status["status"] === "Error")
      throw new ApiError("not-realized", `NSX could not tag every VM: ${client.hide(failuresOf(status))}`);
    await pause(client.timing.poll);
  }
  throw new ApiError("not-realized", "NSX has not tagged every VM in time");
}

/** When the answer to the first attempt was lost, the second meets the operation that the first made. */
async function put(client: ManagerClient, path: string, body: JsonObject): Promise<void> {
  try {
    await client.put(path, body);
  } catch (error) {
    const made = error instanceof ApiError && error.reason === "conflict" && (await client.get(path));
    if (made === false || made === undefined) throw error;
  }
}

function vms(ids: readonly string[]): JsonObject {
  return { resource_type: "VirtualMachine", resource_ids: [...ids] };
}

function failuresOf(status: JsonObject): string {
  const parts = [status["apply_to"], status["remove_from"]].filter((part) => Array.isArray(part)) as Json[][];
  const texts = (parts.flat() as JsonObject[])
    .flatMap(({ resource_tag_status: each }) => (Array.isArray(each) ? (each as JsonObject[]) : []))
    .filter(({ tag_status: one }) => one === "Error")
    .map(({ resource_id: id, details }) => [id, details].filter((one) => typeof one === "string").join(": "));
  return texts.length === 0 ? "it gives no reason" : texts.join("; ").slice(0, 1000);
}
