import { posix } from "node:path";
import type { Context, Host } from "../context.js";
import { crashPoint } from "../crash.js";
import { applyRetention, type Pruned } from "./retention.js";
import { listSnapshots } from "./snapshot-store.js";

export type { Pruned };

/**
 * Removes copies of a guest that the declaration does not keep. It begins after the new copy is verified, looks only at names of ours, and a copy
 * is renamed to unfinished before anything of it is deleted, so a job that dies here leaves no half copy that looks whole.
 */
export async function pruneSnapshots(
  context: Pick<Context, "plan" | "clock" | "output" | "dryRun">,
  host: Pick<Host, "files">,
  guest: string,
): Promise<Pruned> {
  const declared = context.plan.environment.backup.vmSnapshot;
  if (declared === undefined) return { kept: [], removed: [] };
  const all = await listSnapshots(host, posix.join(declared.directory, guest));
  const stored = all.filter(({ foreign }) => !foreign);
  return applyRetention(context, stored, declared.retention, async ({ directory }) => {
    await host.files.rename(directory, `${directory}.partial`);
    crashPoint("prune-renamed");
    await host.files.remove(`${directory}.partial`);
  });
}
