import { posix } from "node:path";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { messageOf, OperationError, UsageError } from "../errors.js";
import { stepRunner, type StepTime } from "../steps.js";
import { copyName, freeMoment, PARTIAL } from "./copy-name.js";
import { definitionFacts } from "./domain-xml.js";
import { healDomain, isDisk, MERGE_TIMEOUT, overlayPath, removeOverlayFiles, resumeStopped } from "./heal.js";
import { withGuestLock } from "./lock.js";
import { checkpoint, type Position } from "./postgres-position.js";
import { requireAgent, requireCovered, type GuestDisk } from "./preflight.js";
import { pruneSnapshots, type Pruned } from "./prune.js";
import { copyDisks, copyOthers } from "./snapshot-copy.js";
import { SNAPSHOT_STEPS, type SnapshotStep } from "./snapshot-steps.js";
import { MANIFEST, removePartial, verifyFiles, type SnapshotManifest } from "./snapshot-store.js";
import { requireSpace } from "./space.js";

export { SNAPSHOT_STEPS };

/** What a snapshot gave. */
export interface SnapshotResult {
  readonly ok: true;
  readonly guest: string;
  readonly directory: string;
  readonly manifest: SnapshotManifest;
  readonly healed: readonly string[];
  readonly pruned: Pruned;
  readonly steps: readonly StepTime[];
}

/** Where the copies of a guest go. @throws UsageError when no snapshots are declared */
export function snapshotDirectory({ plan }: Pick<Context, "plan">, guest: string): string {
  const declared = plan.environment.backup.vmSnapshot;
  if (declared === undefined)
    throw new UsageError("no VM snapshots are declared", "declare backup.vmSnapshot and deploy it");
  return posix.join(declared.directory, guest);
}

/**
 * First level of backup: an atomic snapshot of all disks of a guest at one instant, copied to self-contained images, verified byte by byte,
 * and merged back. Safe to kill at any step: the next run puts things right; a copy counts only when it is complete and verified.
 */
export async function snapshot(context: Context, guest: PlanGuest): Promise<SnapshotResult> {
  const host = context.host(guest.host);
  const directory = snapshotDirectory(context, guest.name);
  return withGuestLock(context, host, guest.name, "snapshot", () => locked(context, host, guest, directory));
}

/** What a snapshot would do, from what stands there now; changes nothing. */
export interface SnapshotForecast {
  readonly ok: true;
  readonly guest: string;
  readonly directory: string;
  readonly disks: readonly string[];
  readonly steps: readonly string[];
  readonly prune: Pruned;
}

/** Checks everything that a snapshot would check. @throws what the snapshot would throw */
export async function forecastSnapshot(context: Context, guest: PlanGuest): Promise<SnapshotForecast> {
  const host = context.host(guest.host);
  const directory = snapshotDirectory(context, guest.name);
  const { disks } = await requireCovered(host, guest);
  if (context.plan.environment.backup.vmSnapshot?.quiesce === true) await requireAgent(context, guest);
  await requireRoom(host, guest.name, disks, directory);
  const prune = await pruneSnapshots({ ...context, dryRun: true }, host, guest.name);
  const paths = disks.map(({ path }) => path);
  return { ok: true, guest: guest.name, directory, disks: paths, steps: SNAPSHOT_STEPS, prune };
}

async function locked(
  context: Context,
  host: Host,
  guest: PlanGuest,
  directory: string,
): Promise<SnapshotResult> {
  const { output, clock, plan } = context;
  const steps = stepRunner<SnapshotStep>(output, clock);
  const domain = guest.name;
  const quiesce = plan.environment.backup.vmSnapshot?.quiesce ?? true;

  const healed = await steps.run("heal", `Looking for leftovers on ${domain}`, () =>
    heal(context, host, guest, directory),
  );
  const { disks, xml } = await steps.run("check", `Checking ${domain} and the space`, async () => {
    const checked = await requireCovered(host, guest);
    if (quiesce) await requireAgent(context, guest);
    await requireRoom(host, domain, checked.disks, directory);
    return checked;
  });
  const position = await steps.run("checkpoint", `Checkpoint in ${domain}`, () => checkpoint(context, guest));

  const path = (at: Date): string => posix.join(directory, copyName(at));
  const moment = await freeMoment(clock, async (at) =>
    (await host.files.exists(path(at))) ? path(at) : undefined,
  );
  const name = copyName(moment);
  const final = path(moment);
  const partial = `${final}${PARTIAL}`;

  let merged = false;
  const merge = async (): Promise<void> => {
    await mergeBack(host, domain, disks);
    merged = true;
  };
  try {
    await steps.run(
      "freeze",
      `Snapshot of ${disks.length} disks at one instant${quiesce ? ", frozen" : ""}`,
      async () => {
        const overlays = disks.map(({ target, path }) => ({ target, path: overlayPath(path, name) }));
        await host.hypervisor.snapshotDisks(domain, `pgkeep-${name}`, overlays, quiesce);
      },
    );
    await steps.run("copy", `Copying to ${partial}`, async () => {
      await host.files.makeDirectory(directory);
      await host.files.makeDirectory(partial);
      await copyDisks(context, host, disks, partial);
    });
    const manifest = await steps.run("seal", "Definition, sizes and checksums", () =>
      seal(context, host, guest, { disks, xml, partial, moment, quiesce, position }),
    );
    await steps.run("verify", "Reading the copy back", () =>
      verifyFiles(host, partial, manifest, (file) => output.info(file)),
    );
    await steps.run("publish", `The copy is good: ${final}`, async () => {
      const checked = { ...manifest, verified: clock.now().toISOString() };
      await host.files.write(posix.join(partial, MANIFEST), `${JSON.stringify(checked, undefined, 2)}\n`);
      await host.files.rename(partial, final);
    });
    await steps.run("merge", `Merging what ${domain} wrote meanwhile`, merge);
    await steps.run("prove", `Proving that ${domain} is as before`, () => prove(host, domain, disks));
    const pruned = await steps.run("prune", "Retention", () => pruneSnapshots(context, host, guest.name));
    return { ok: true, guest: domain, directory: final, manifest, healed, pruned, steps: steps.times };
  } catch (error) {
    if (!merged) await undo(context, host, domain, disks, partial);
    throw error;
  }
}

/** Puts right what earlier runs left, on the domain and among the copies. */
async function heal(
  context: Context,
  host: Host,
  guest: PlanGuest,
  directory: string,
): Promise<readonly string[]> {
  const replicas = context.plan.environment.replication.vm?.directory;
  const own = [directory, ...(replicas === undefined ? [] : [posix.join(replicas, guest.name)])];
  const healed: string[] = [];
  const note = (text: string): void => {
    healed.push(text);
    context.output.info(`put right: ${text}`);
  };
  // Room first: on a full disk the merge may need it.
  for (const name of await removePartial(host, directory)) note(`the unfinished copy ${name} was removed`);
  healed.push(...(await healDomain(context, host, guest.name, own)));
  if (await resumeStopped(host.hypervisor, guest.name))
    note(`${guest.name}, which a failed write had stopped, goes on`);
  return healed;
}

async function requireRoom(
  host: Host,
  domain: string,
  disks: readonly GuestDisk[],
  directory: string,
): Promise<void> {
  const needs = [];
  for (const { path, chain } of disks) {
    const size = chain.reduce((sum, link) => sum + link.actualSize, 0);
    needs.push({ path: directory, bytes: size });
    // What the guest writes while its disks are copied.
    needs.push({ path: posix.dirname(path), bytes: Math.ceil(size / 20) });
  }
  await requireSpace(host.files, `a copy of ${domain}`, needs);
}

async function seal(
  context: Context,
  host: Host,
  guest: PlanGuest,
  made: {
    readonly disks: readonly GuestDisk[];
    readonly xml: string;
    readonly partial: string;
    readonly moment: Date;
    readonly quiesce: boolean;
    readonly position: Position | undefined;
  },
): Promise<SnapshotManifest> {
  const describe = async (file: string): Promise<{ file: string; size: number; sha256: string }> => {
    const path = posix.join(made.partial, file);
    return { file, size: (await host.files.size(path)) ?? 0, sha256: await host.files.sha256(path) };
  };
  const others = await copyOthers(host, made.xml, definitionFacts(made.xml), made.partial);
  const disks = [];
  for (const { target, path } of made.disks) {
    const { virtualSize } = await host.images.info(posix.join(made.partial, `${target}.qcow2`));
    disks.push({ target, source: path, virtualSize, ...(await describe(`${target}.qcow2`)) });
  }
  const sealed = [];
  for (const { file, ...rest } of others) sealed.push({ ...rest, ...(await describe(file)) });
  return {
    format: "pgkeep/snapshot/1",
    guest: guest.name,
    host: host.name,
    moment: made.moment.toISOString(),
    quiesced: made.quiesce,
    ...(made.position === undefined ? {} : { postgres: made.position }),
    disks,
    others: sealed,
    verified: context.clock.now().toISOString(),
  };
}

/** Back onto the disks as they were. The overlays' files go only when nothing uses them any more. */
async function mergeBack(host: Host, domain: string, disks: readonly GuestDisk[]): Promise<void> {
  const devices = (await host.hypervisor.blockDevices(domain)).filter(isDisk);
  for (const { target, path } of disks) {
    if (devices.find((device) => device.target === target)?.source === path) continue;
    await host.hypervisor.mergeOverlay(domain, target, MERGE_TIMEOUT);
  }
  await removeOverlayFiles(host.hypervisor, host.files, domain);
}

async function prove(host: Host, domain: string, before: readonly GuestDisk[]): Promise<void> {
  const { disks: after } = await requireCovered(host, { name: domain, disks: before });
  const text = (disks: readonly GuestDisk[]): string =>
    disks.map(({ target, chain }) => `${target}: ${chain.map(({ path }) => path).join(" on ")}`).join("; ");
  if (text(after) !== text(before))
    throw new OperationError(
      `the disks of ${domain} are not as before: ${text(after)} instead of ${text(before)}`,
    );
}

/** After an error: the guest goes on as before and nothing half made stays. An error here is told, the first one counts. */
async function undo(
  { output }: Context,
  host: Host,
  domain: string,
  disks: readonly GuestDisk[],
  partial: string,
): Promise<void> {
  output.step(`Undoing the snapshot of ${domain}`);
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      output.warn(`${what}: ${messageOf(error)}; the next run repeats it`);
    }
  };
  // Room first: on a full disk the merge may need it.
  await attempt("removing the unfinished copy", () => host.files.remove(partial));
  await attempt("merging back", () => mergeBack(host, domain, disks));
  await attempt("letting it go on", () => resumeStopped(host.hypervisor, domain));
}
