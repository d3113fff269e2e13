import { posix } from "node:path";
import type { Host } from "../context.js";
import { OperationError } from "../errors.js";
import { PARTIAL } from "./copy-name.js";
import { withReplicaLock } from "./replica-domain.js";
import { removeStale } from "./replica-merge.js";
import { listCycles, newestChain, type Cycle, type ReplicaPlace } from "./replica-store.js";
import { CHECKPOINT } from "./replicate-cycle.js";
import type { Run } from "./replicate-run.js";
import { send } from "./replicate-transfer.js";
import { MANIFEST } from "./snapshot-store.js";

/** A finished copy that waits to be sent; one that fits nothing on the target any more is given up. */
export async function usableStaged({
  context,
  place,
  state,
  source,
  outgoing,
}: Run): Promise<Cycle | undefined> {
  const { staged, ...rest } = (await state.load()) ?? {};
  if (staged === undefined || (await fits(place, staged))) return staged;
  context.output.warn(
    `the copy ${staged.name} builds on ${staged.parent ?? ""}, which ${place.host.name} no longer has`,
  );
  await state.save(rest);
  await source.files.remove(posix.join(outgoing, staged.name));
  return undefined;
}

/** Whether a cycle can be started from once it lies on the target. */
async function fits({ host, directory }: ReplicaPlace, { kind, parent, name }: Cycle): Promise<boolean> {
  const newest = newestChain(await listCycles(host, directory)).at(-1)?.name;
  return kind === "full" || newest === parent || newest === name;
}

/** Removes checkpoints of ours except these. Changes recorded by a removed one go to the one before it, so nothing is lost. */
export async function dropCheckpoints(
  { hypervisor }: Pick<Host, "hypervisor">,
  domain: string,
  keep: readonly (string | undefined)[],
): Promise<void> {
  for (const name of (await hypervisor.checkpoints(domain)).toReversed())
    if (name.startsWith(CHECKPOINT) && !keep.includes(name)) await hypervisor.deleteCheckpoint(domain, name);
}

/** Sends a finished copy, makes it the replica's newest, and only then forgets what it replaces. Gives the bytes sent. */
export async function deliver(run: Run, made: Cycle): Promise<number> {
  const { context, source, place, state, steps, guest } = run;
  const from = posix.join(run.outgoing, made.name);
  const final = posix.join(place.directory, made.name);
  const partial = `${final}${PARTIAL}`;
  const { files, images } = place.host;
  let sent = 0;
  await steps.run("transfer", `Sending ${made.name} to ${place.host.name}`, async () => {
    if (await files.exists(final)) return;
    await files.makeDirectory(partial);
    for (const name of await otherPartials(place, made.name))
      await files.remove(posix.join(place.directory, name));
    for (const { file, size, sha256 } of [...made.others, ...made.disks]) {
      if (sha256 === undefined) throw new OperationError(`${from}/${file} has no checksum`);
      const parcel = { from: posix.join(from, file), to: posix.join(partial, file), size, sha256 };
      sent += (await send(context, source, place.host, parcel)).sent;
    }
  });
  await steps.run("publish", "Checking and publishing", async () => {
    if (await files.exists(final)) return;
    await withReplicaLock(place, async () => {
      for (const { file } of made.disks) await images.check(posix.join(partial, file));
      if (!(await fits(place, made)))
        throw new OperationError(`${made.name} no longer fits what is on ${place.host.name}`, "run again");
      await files.write(posix.join(partial, MANIFEST), `${JSON.stringify(made, undefined, 2)}\n`);
      await files.rename(partial, final);
    });
  });
  await steps.run("record", "Recording", () =>
    state.save({ delivered: { name: made.name, checkpoint: made.checkpoint } }),
  );
  await steps.run("trim", "Removing what this replaces", async () => {
    await dropCheckpoints(source, guest.name, [made.checkpoint]);
    await source.files.remove(from);
    await withReplicaLock(place, () => removeStale(context, place));
  });
  return sent;
}

/** Unfinished copies on the target that this one supersedes. */
async function otherPartials({ host, directory }: ReplicaPlace, name: string): Promise<readonly string[]> {
  const entries = await host.files.list(directory);
  return entries
    .map((entry) => entry.name)
    .filter((other) => other.endsWith(PARTIAL) && other !== `${name}${PARTIAL}`);
}
