import { posix } from "node:path";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { OperationError, RefusedError, UsageError } from "../errors.js";
import { defineCopy, removeCopy, type CopyDomain } from "./copy-domain.js";
import { withGuestLock } from "./lock.js";
import { snapshotDirectory } from "./snapshot.js";
import { listSnapshots, PIN, type StoredSnapshot } from "./snapshot-store.js";

/** How a copy is brought up. */
export interface RestoreOptions {
  /** Name of the new domain. */
  readonly as: string;
  /** Name of the copy. @default the newest good one */
  readonly from?: string | undefined;
  /** Network cables. @default down: nobody sees it, it sees nobody */
  readonly link?: "up" | "down";
  /** @default true */
  readonly start?: boolean;
}

/** A domain that runs from a copy. */
export interface RestoredSnapshot extends CopyDomain {
  readonly snapshot: string;
}

/**
 * Defines and starts a copy of a guest from a snapshot, on the same host, isolated. What it writes goes to overlays; the copy itself is never
 * changed and is kept from pruning as long as the domain exists.
 */
export async function restoreSnapshot(
  context: Context,
  guest: PlanGuest,
  { as, from, link = "down", start = true }: RestoreOptions,
): Promise<RestoredSnapshot> {
  const host = context.host(guest.host);
  const directory = snapshotDirectory(context, guest.name);
  refuseRealName(context, as);
  return withGuestLock(context, host, guest.name, "snapshot restore", async () => {
    const copy = choose(await listSnapshots(host, directory), guest.name, from);
    const { manifest } = copy;
    if (manifest === undefined) throw new OperationError(`${copy.directory} has no manifest`);
    context.output.step(`Restoring ${guest.name} of ${manifest.moment} as ${as}`);
    const pin = posix.join(copy.directory, `${PIN}${as}`);
    const work = workDirectory(directory, as);
    const held = await host.files.exists(pin);
    await host.files.write(pin, "");
    const file = (name: string): string => posix.join(copy.directory, name);
    const drives = manifest.others.filter(({ purpose }) => purpose === "drive");
    const nvram = manifest.others.find(({ purpose }) => purpose === "nvram");
    const tpm = manifest.others.find(({ purpose }) => purpose === "tpm");
    const source = {
      name: as,
      of: guest.name,
      moment: manifest.moment,
      definition: (await host.files.read(file("domain.xml"))) ?? "",
      disks: manifest.disks.map(({ target, file: name }) => ({ target, path: file(name) })),
      drives: drives.map(({ target = "", file: name }) => ({ target, path: file(name) })),
      ...(nvram === undefined ? {} : { nvram: file(nvram.file) }),
      ...(tpm === undefined ? {} : { tpm: file(tpm.file) }),
      directory: work,
      link,
      bridges: {},
      stop: `pgkeep snapshot restore ${guest.name} --as ${as} --remove`,
    };
    let domain: CopyDomain;
    try {
      domain = await defineCopy(context, host, source);
    } catch (error) {
      // An older hold is that of a domain that is still there.
      if (!held) await host.files.remove(pin);
      throw error;
    }
    if (!start) return { ...domain, snapshot: copy.name };
    try {
      await host.hypervisor.start(as);
    } catch (error) {
      await removeCopy(host, source);
      await host.files.remove(pin);
      throw error;
    }
    return { ...domain, snapshot: copy.name };
  });
}

/** Removes a domain that `restoreSnapshot` made, its overlays, and its hold on the copy. */
export async function removeRestored(context: Context, guest: PlanGuest, as: string): Promise<void> {
  const host = context.host(guest.host);
  const directory = snapshotDirectory(context, guest.name);
  refuseRealName(context, as);
  const work = workDirectory(directory, as);
  // What was never defined holds nothing, whoever's the domain of that name is.
  if (!(await host.files.exists(work))) await unpin(host, directory, as);
  await removeCopy(host, { name: as, of: guest.name, directory: work });
  await unpin(host, directory, as);
}

async function unpin(host: Host, directory: string, as: string): Promise<void> {
  for (const { directory: copy } of await listSnapshots(host, directory))
    await host.files.remove(posix.join(copy, `${PIN}${as}`));
}

function workDirectory(directory: string, as: string): string {
  return posix.join(directory, "restored", as);
}

/** A copy must never take the place of a guest. */
export function refuseRealName({ plan }: Pick<Context, "plan">, as: string): void {
  if (!/^[a-z][a-z0-9-]{0,59}$/.test(as))
    throw new UsageError(`"${as}" is not a usable name`, "lower-case letters, digits and hyphens");
  if (plan.guests.some(({ name }) => name === as))
    throw new RefusedError(
      `${as} is a guest of the plan; a copy of that name could be taken for it`,
      "another name",
    );
}

function choose(stored: readonly StoredSnapshot[], guest: string, from: string | undefined): StoredSnapshot {
  const good = stored.filter((copy) => copy.good);
  const names = good.map(({ name }) => name).join(", ");
  const copy = from === undefined ? good.at(-1) : good.find(({ name }) => name === from);
  if (copy !== undefined) return copy;
  const problem = stored.find(({ name }) => name === from)?.problem;
  if (from !== undefined && problem !== undefined)
    throw new OperationError(
      `the snapshot ${from} of ${guest} cannot be used: ${problem}`,
      `one of ${names || "none"}`,
    );
  throw new OperationError(
    from === undefined ? `there is no good snapshot of ${guest}` : `there is no snapshot ${from} of ${guest}`,
    good.length > 0 ? `one of ${names}` : "take one with `pgkeep snapshot`",
  );
}
