import { posix } from "node:path";
import { kvmOf } from "../../components/declaration/index.js";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { OperationError, RefusedError } from "../errors.js";
import type { DomainState } from "../ports/index.js";
import { defineCopy, hasWritten, removeCopy, type CopyDomain } from "./copy-domain.js";
import { isPlugged } from "./domain-xml.js";
import { newestChain, listCycles, replicaName, replicaPlace, type ReplicaPlace } from "./replica-store.js";
import { refuseRealName } from "./snapshot-restore.js";

/** A domain that runs from a replica. */
export interface ReplicaDomain extends CopyDomain {
  /** The cycle that it shows. */
  readonly cycle: string;
  /** The moment that its disks show, ISO 8601. */
  readonly moment: string;
}

/** Overlays of the domains that run from a replica; one directory a domain. */
function runDirectory(place: Pick<ReplicaPlace, "directory">, domain: string): string {
  return posix.join(place.directory, "runs", domain);
}

/** A domain whose overlays rest on the replica. */
export interface ReplicaUser {
  readonly name: string;
  readonly state: DomainState;
}

/**
 * Domains that keep the replica as it is: nothing below them may change, running or not, for one of them may be the service. Only the
 * replica's own definition, as replication left it, is no user.
 */
export async function replicaUsers(
  place: Pick<ReplicaPlace, "host" | "directory" | "domain">,
): Promise<readonly ReplicaUser[]> {
  const { files, hypervisor } = place.host;
  const users: ReplicaUser[] = [];
  for (const { name } of await files.list(posix.join(place.directory, "runs"))) {
    const state = await hypervisor.state(name);
    const idle = state === "absent" || (state === "shut off" && name === place.domain);
    if (!idle || (await hasWritten(place.host, runDirectory(place, name)))) users.push({ name, state });
  }
  return users;
}

/** Users as a sentence names them. */
export function describeUsers(users: readonly ReplicaUser[]): string {
  return users.map(({ name, state }) => `${name} (${state})`).join(", ");
}

/** @throws RefusedError when something that was made from the replica may be the service now */
export async function requireNotService(place: ReplicaPlace, guest: string): Promise<void> {
  const { hypervisor, name: host } = place.host;
  for (const { name, state } of await replicaUsers(place)) {
    const plugged = state !== "absent" && isPlugged(await hypervisor.xml(name, "live"));
    // Beside the original a copy is only looked at, as long as its cables are pulled.
    if (name !== place.domain && !plugged) continue;
    const off = state === "shut off" || state === "absent";
    const why = off
      ? ` and holds what it wrote since it was started`
      : name === place.domain
        ? ""
        : " with its network cables plugged";
    throw new RefusedError(
      `${name} on ${host} is ${state}${why}: it may be the service now`,
      `fail back if it is; if not, \`${stopCommand(guest, name)}\` ends it and forgets what it wrote. Until then ${guest} is not replicated`,
    );
  }
}

function stopCommand(guest: string, name: string): string {
  return `pgkeep replicate stop ${guest} --as ${name}`;
}

/** Runs something while nobody else changes the replica of a guest, from wherever they do it. */
export async function withReplicaLock<T>(
  place: ReplicaPlace,
  action: () => Promise<T>,
  wait = 1800,
): Promise<T> {
  const { shell, files } = place.host;
  const path = posix.join(place.directory, ".lock");
  await files.makeDirectory(place.directory);
  const argv = ["flock", "-E", "75", "-w", String(wait), path, "sh", "-c", "echo held; exec cat > /dev/null"];
  const held = await shell.hold(argv, wait + 30);
  if (held === undefined)
    throw new OperationError(`another job changes ${place.directory} on ${shell.host}`, "wait for its end");
  try {
    return await action();
  } finally {
    await held.release();
  }
}

/**
 * Defines the replica of a guest on the target, from the newest cycle: own UUID, the guest's MAC addresses with the cables pulled, no
 * autostart. What it writes goes to overlays, so the replica itself stays what it is and replication can go on after a drill.
 */
export async function defineReplica(
  context: Pick<Context, "output" | "plan">,
  place: ReplicaPlace,
  guest: PlanGuest,
  options: { readonly as: string; readonly link: "up" | "down" },
): Promise<ReplicaDomain> {
  const newest = newestChain(await listCycles(place.host, place.directory)).at(-1);
  const { manifest } = newest ?? {};
  if (newest === undefined || manifest === undefined)
    throw new OperationError(
      `there is no usable replica of ${guest.name} on ${place.host.name}`,
      `make one with \`pgkeep replicate ${guest.name}\``,
    );
  const file = (name: string): string => posix.join(newest.directory, name);
  const nvram = manifest.others.find(({ purpose }) => purpose === "nvram");
  const tpm = manifest.others.find(({ purpose }) => purpose === "tpm");
  const declared = kvmOf(context.plan.environment).hosts.find(
    ({ name }) => name === place.host.declared.name,
  );
  if (declared === undefined) throw new OperationError(`${place.host.name} is not a host of the plan`);
  const { bridges } = declared;
  const copy = await defineCopy(context, place.host, {
    name: options.as,
    of: guest.name,
    moment: manifest.moment,
    definition: (await place.host.files.read(file("domain.xml"))) ?? "",
    disks: manifest.disks.map(({ target, file: name }) => ({ target, path: file(name) })),
    drives: manifest.others
      .filter(({ purpose }) => purpose === "drive")
      .map(({ target = "", file: name }) => ({ target, path: file(name) })),
    ...(nvram === undefined ? {} : { nvram: file(nvram.file) }),
    ...(tpm === undefined ? {} : { tpm: file(tpm.file) }),
    directory: runDirectory(place, options.as),
    link: options.link,
    bridges: {
      [guest.macs.management]: bridges.management,
      [guest.macs.client]: bridges.client,
      [guest.macs.replication]: bridges.replication,
    },
    stop: stopCommand(guest.name, options.as),
  });
  return { ...copy, cycle: newest.name, moment: manifest.moment };
}

/**
 * Starts a copy of the newest replica. With `link: "up"` it takes the guest's place on the network: only after the guest is fenced.
 *
 * @param as name of the domain; the replica's own name for a real failover, another one for a drill
 */
export async function startReplica(
  context: Context,
  guest: PlanGuest,
  options: { readonly as?: string; readonly link?: "up" | "down" } = {},
): Promise<ReplicaDomain> {
  const place = replicaPlace(context, guest);
  const { as = place.domain, link = "down" } = options;
  refuseName(context, guest, as);
  return withReplicaLock(place, async () => {
    const domain = await defineReplica(context, place, guest, { as, link });
    try {
      await place.host.hypervisor.start(as);
    } catch (error) {
      if (as !== place.domain) await removeRun(place, guest, as);
      throw error;
    }
    return domain;
  });
}

/** Ends a copy of a replica and forgets what it wrote. The replica's own domain is defined anew. */
export async function stopReplica(context: Context, guest: PlanGuest, as?: string): Promise<void> {
  const place = replicaPlace(context, guest);
  const name = as ?? place.domain;
  refuseName(context, guest, name);
  await withReplicaLock(place, async () => {
    await removeRun(place, guest, name);
    if (name === place.domain) await defineReplica(context, place, guest, { as: name, link: "down" });
  });
}

async function removeRun(place: ReplicaPlace, { name: of }: PlanGuest, name: string): Promise<void> {
  await removeCopy(place.host, { name, of, directory: runDirectory(place, name) });
}

function refuseName(context: Context, guest: PlanGuest, as: string): void {
  refuseRealName(context, as);
  const owner = context.plan.guests.find(({ name }) => name !== guest.name && replicaName(name) === as);
  if (owner !== undefined) throw new RefusedError(`${as} is the replica of ${owner.name}`, "another name");
}
