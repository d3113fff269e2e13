import { chooseRetention } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { posix } from "node:path";
import { crashPoint } from "../crash.js";
import { listSnapshots } from "./snapshot-store.js";

/** Names of copies. */
export interface Pruned {
  readonly kept: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Removes copies of a guest that the declaration does not keep. It begins after the new copy is verified, looks only at names of ours, and a copy
 * is renamed to unfinished before anything of it is deleted, so a job that dies here leaves no half copy that looks whole.
 */
export async function pruneSnapshots(
  { plan, clock, output, dryRun }: Pick<Context, "plan" | "clock" | "output" | "dryRun">,
  host: Pick<Host, "files">,
  guest: string,
): Promise<Pruned> {
  const declared = plan.environment.backup.vmSnapshot;
  if (declared === undefined) return { kept: [], removed: [] };
  const all = await listSnapshots(host, posix.join(declared.directory, guest));
  const stored = all.filter(({ foreign }) => !foreign);
  const { keep, remove } = chooseRetention(stored, declared.retention, clock.now().getTime());
  for (const { name, directory } of remove) {
    output.info(`${dryRun ? "would remove" : "removing"} ${name}`);
    if (dryRun) continue;
    await host.files.rename(directory, `${directory}.partial`);
    crashPoint("prune-renamed");
    await host.files.remove(`${directory}.partial`);
  }
  return { kept: keep.map(({ name }) => name), removed: remove.map(({ name }) => name) };
}
