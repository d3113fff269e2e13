import { ApiError } from "../../rest/errors.js";
import type { ManagerClient } from "../client/manager-client.js";
import { pause } from "../../rest/timing.js";
import { isObject, type JsonObject } from "../../rest/json.js";

/**
 * Waits until NSX has brought the intent about on its enforcement points: what it accepted is not yet in force.
 *
 * @throws ApiError with what its alarms say, or when it takes too long
 */
export async function awaitRealization(
  client: ManagerClient,
  paths: readonly string[],
  seconds: number,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (const path of paths) {
    for (;;) {
      const status = await client.get("/infra/realized-state/status", {
        intent_path: path,
        include_enforced_status: "true",
      });
      const [published, consolidated] = [status?.["publish_status"], consolidatedStatus(status)];
      if (published === "ERROR" || consolidated === "ERROR")
        throw new ApiError(
          "not-realized",
          `NSX has the intent ${path} but cannot bring it about: ${await alarmsOf(client, path)}`,
        );
      // Where NSX gives no enforced status, the published one decides.
      if (published === "REALIZED" && (consolidated === undefined || consolidated === "SUCCESS")) break;
      if (Date.now() >= end) {
        const last = [published, consolidated].filter((one) => one !== undefined).join(", ");
        throw new ApiError(
          "not-realized",
          `NSX has not brought ${path} about within ${seconds} s: ${last === "" ? "no status" : last}`,
        );
      }
      await pause(client.timing.poll);
    }
  }
}

function consolidatedStatus(status: JsonObject | undefined): string | undefined {
  const consolidated = status?.["consolidated_status"];
  const value = isObject(consolidated) ? consolidated["consolidated_status"] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** What NSX complains about for an object, its rules included. */
async function alarmsOf(client: ManagerClient, path: string): Promise<string> {
  const alarms = await client.list("/infra/realized-state/alarms");
  const texts = alarms
    .filter(({ source_reference: source }) => source === path || String(source).startsWith(`${path}/`))
    .map(({ message, error_details: details, source_reference: source }) =>
      [source, message, isObject(details) ? details["error_message"] : undefined]
        .filter((one): one is string => typeof one === "string" && one !== "")
        .join(": "),
    );
  return client.hide(texts.length === 0 ? "it gives no alarm" : texts.join("; ").slice(0, 1000));
}
