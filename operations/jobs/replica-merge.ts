import { posix } from "node:path";
import type { Context } from "../context.js";
import { crashPoint } from "../crash.js";
import { OperationError } from "../errors.js";
import {
  listCycles,
  MERGING,
  newestChain,
  type Cycle,
  type ReplicaPlace,
  type StoredCycle,
} from "./replica-store.js";
import { describeUsers, replicaUsers } from "./replica-domain.js";
import { MANIFEST } from "./snapshot-store.js";

/**
 * Merges the oldest increments into the full copy until no more than `keep` are left.
 *
 * The increment's blocks are written into the full copy; then the full copy's file takes the increment's place by a rename. Until
 * that rename the increment is whole, so a merge that was broken off is simply repeated; after it the increment's children find
 * the merged file under the name that they know. Nothing is ever read from a half merged file alone.
 */
export async function mergeOldest(
  context: Pick<Context, "output">,
  place: ReplicaPlace,
): Promise<readonly string[]> {
  const { output } = context;
  const merged: string[] = [];
  // Bounded by the number of cycles there.
  for (let limit = (await listCycles(place.host, place.directory)).length; limit > 0; limit -= 1) {
    const chain = newestChain(await listCycles(place.host, place.directory));
    const [full, oldest] = chain;
    if (full === undefined || oldest === undefined) break;
    if (
      !oldest.merging &&
      chain.filter(({ manifest }) => manifest?.kind === "incremental").length <= place.keep
    )
      break;
    const users = await replicaUsers(place);
    if (users.length > 0) {
      output.warn(`${oldest.name} is merged later: ${describeUsers(users)} rests on the replica`);
      break;
    }
    output.info(`merging ${oldest.name} into the full copy`);
    await mergePair(context, place, full, oldest);
    merged.push(oldest.name);
  }
  return merged;
}

async function mergePair(
  context: Pick<Context, "output">,
  place: ReplicaPlace,
  full: StoredCycle,
  increment: StoredCycle,
): Promise<void> {
  const { host } = place;
  const { manifest } = increment;
  if (manifest === undefined) throw new OperationError(`${increment.directory} has no manifest`);
  await host.files.write(posix.join(increment.directory, MERGING), "");
  crashPoint("merge-marked");
  const open: string[] = [];
  for (const { file } of manifest.disks) {
    const path = posix.join(increment.directory, file);
    if ((await host.images.info(path)).backing === undefined) continue;
    await host.images.check(path);
    await host.images.commit(path);
    crashPoint("merge-committed");
    await host.images.check(posix.join(full.directory, file));
    open.push(file);
  }
  for (const file of open) {
    await host.files.rename(posix.join(full.directory, file), posix.join(increment.directory, file));
    crashPoint("merge-renamed");
  }
  const disks = [];
  for (const { sha256: _, ...disk } of manifest.disks)
    disks.push({ ...disk, size: (await host.files.size(posix.join(increment.directory, disk.file))) ?? 0 });
  const { parent: _parent, ...rest } = manifest;
  const now: Cycle = { ...rest, kind: "full", reason: "increments were merged", disks };
  await host.files.write(posix.join(increment.directory, MANIFEST), `${JSON.stringify(now, undefined, 2)}\n`);
  crashPoint("merge-sealed");
  await removeStale(context, place);
}

/**
 * Removes cycles that the newest chain has left behind: a chain before a new full copy, or a parent that was merged. Only cycles older
 * than a whole chain go, so the last good replica never does, and none while a domain rests on one of them.
 */
export async function removeStale(
  { output }: Pick<Context, "output">,
  place: ReplicaPlace,
): Promise<readonly string[]> {
  const { host } = place;
  const cycles = await listCycles(host, place.directory);
  const [full] = newestChain(cycles);
  if (full === undefined) return [];
  const stale = cycles.filter(({ time }) => time < full.time);
  const users = stale.length === 0 ? [] : await replicaUsers(place);
  if (users.length > 0) {
    output.warn(`what ${full.name} replaces is removed later: ${describeUsers(users)} rests on the replica`);
    return [];
  }
  for (const cycle of stale) await host.files.remove(cycle.directory);
  if (full.merging) await host.files.remove(posix.join(full.directory, MERGING));
  return stale.map(({ name }) => name);
}
