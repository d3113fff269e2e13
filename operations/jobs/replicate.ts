import { posix } from "node:path";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { OperationError } from "../errors.js";
import type { StepTime } from "../steps.js";
import { nameAfter, PARTIAL } from "./copy-name.js";
import { healDomain, resumeStopped } from "./heal.js";
import { withGuestLock } from "./lock.js";
import { requireAgent, requireCovered, type CheckedGuest } from "./preflight.js";
import { defineReplica, requireNotService, withReplicaLock } from "./replica-domain.js";
import { mergeOldest } from "./replica-merge.js";
import { listCycles, newestChain, type Cycle } from "./replica-store.js";
import {
  CHECKPOINT,
  chooseKind,
  cycleDisk,
  expectedSize,
  sealCycle,
  waitForBackup,
  type Kind,
} from "./replicate-cycle.js";
import { deliver, dropCheckpoints, usableStaged } from "./replicate-deliver.js";
import { prepare, type Run } from "./replicate-run.js";
import { REPLICATE_STEPS } from "./replicate-steps.js";
import { removePartial } from "./snapshot-store.js";
import { requireSpace } from "./space.js";

export { REPLICATE_STEPS };

/** What one run gave. */
export interface ReplicateResult {
  readonly ok: true;
  readonly guest: string;
  readonly target: string;
  readonly cycle: Cycle;
  /** A cycle of an earlier run that was delivered first. */
  readonly resumed?: string | undefined;
  /** Bytes that went over the network. */
  readonly sent: number;
  readonly merged: readonly string[];
  readonly healed: readonly string[];
  readonly steps: readonly StepTime[];
}

/**
 * Brings a guest's disks, as they were at one instant, to the other site: after the first time only what changed. Safe to kill at any step.
 * What was written but not sent is sent by the next run; the target's replica is whole at every moment.
 */
export async function replicate(context: Context, guest: PlanGuest): Promise<ReplicateResult> {
  const run = prepare(context, guest);
  return withGuestLock(context, run.source, guest.name, "replicate", () => cycle(run));
}

async function cycle(run: Run): Promise<ReplicateResult> {
  const { context, guest, place, steps } = run;
  const healed = await steps.run("heal", `Looking for leftovers on ${guest.name}`, () => heal(run));
  const checked = await steps.run("check", `Checking ${guest.name} and ${place.host.name}`, () => check(run));

  let sent = 0;
  const staged = await usableStaged(run);
  if (staged !== undefined) {
    context.output.info(`the copy ${staged.name} of an earlier run is sent first`);
    sent += await deliver(run, staged);
  }

  const kind = await steps.run("choose", "Choosing what to copy", () => choose(run, checked));
  const made = await write(run, checked, kind);
  await steps.run("stage", "Ready to be sent", async () => {
    await run.state.save({ ...(await run.state.load()), staged: made });
  });
  sent += await deliver(run, made);
  await steps.run("define", `Definition of ${place.domain} on ${place.host.name}`, () =>
    withReplicaLock(place, () => defineReplica(context, place, guest, { as: place.domain, link: "down" })),
  );
  const merged = await steps.run("merge", `Keeping ${place.keep} increments`, () =>
    withReplicaLock(place, () => mergeOldest(context, place)),
  );
  return {
    ok: true,
    guest: guest.name,
    target: place.host.name,
    cycle: made,
    resumed: staged?.name,
    sent,
    merged,
    healed,
    steps: steps.times,
  };
}

/** What an earlier run left: on the domain, among the finished copies here, and its checkpoints. */
async function heal({ context, guest, source, place, state, outgoing }: Run): Promise<readonly string[]> {
  const snapshots = context.plan.environment.backup.vmSnapshot?.directory;
  const own = [place.directory, ...(snapshots === undefined ? [] : [posix.join(snapshots, guest.name)])];
  const healed: string[] = [];
  const note = (text: string): void => {
    healed.push(text);
    context.output.info(`put right: ${text}`);
  };
  // Room first: on a full disk putting the domain right may need it.
  for (const name of await removePartial(source, outgoing)) note(`the unfinished copy ${name} was removed`);
  healed.push(...(await healDomain(context, source, guest.name, own)));
  if (await resumeStopped(source.hypervisor, guest.name))
    note(`${guest.name}, which a failed write had stopped, goes on`);
  const { staged, delivered } = (await state.load()) ?? {};
  for (const { name } of await source.files.list(outgoing)) {
    if (name === staged?.name) continue;
    await source.files.remove(posix.join(outgoing, name));
    note(`the copy ${name}, which nobody waits for, was removed`);
  }
  if ((await source.hypervisor.state(guest.name)) === "running")
    await dropCheckpoints(source, guest.name, [staged?.checkpoint, delivered?.checkpoint]);
  return healed;
}

async function check({ context, guest, source, place }: Run): Promise<CheckedGuest> {
  const checked = await requireCovered(source, guest);
  if (freezes(context)) await requireAgent(context, guest);
  // Also the first contact with the target: nothing is begun when it cannot be reached.
  await requireNotService(place, guest.name);
  return checked;
}

function freezes({ plan }: Pick<Context, "plan">): boolean {
  return plan.environment.backup.vmSnapshot?.quiesce ?? true;
}

async function choose(
  { context, guest, source, place, state, outgoing }: Run,
  { disks }: CheckedGuest,
): Promise<Kind> {
  const newest = newestChain(await listCycles(place.host, place.directory)).at(-1)?.manifest;
  const kind = await chooseKind(source, guest, disks, (await state.load())?.delivered, newest);
  const bytes = expectedSize(kind, disks);
  const mebibytes = Math.ceil(bytes / 1024 ** 2);
  if (kind.kind === "incremental")
    context.output.info(`only what changed since ${kind.parent.moment}: about ${mebibytes} MiB`);
  else if (kind.reason === "first copy")
    context.output.info(`everything (first copy): about ${mebibytes} MiB`);
  else context.output.warn(`everything must be copied, about ${mebibytes} MiB: ${kind.reason}`);
  await requireSpace(source.files, `the copy of ${guest.name} to be sent`, [{ path: outgoing, bytes }]);
  await requireSpace(place.host.files, `the replica of ${guest.name}`, [{ path: place.directory, bytes }]);
  return kind;
}

/** Lets QEMU write the copy and seals it. */
async function write(
  { context, guest, source, place, steps, outgoing }: Run,
  checked: CheckedGuest,
  kind: Kind,
): Promise<Cycle> {
  const moment = context.clock.now();
  const before = await listCycles(place.host, place.directory);
  const newest = before.at(-1);
  // Were it named by its moment, it would never be the newest.
  const name = nameAfter(
    moment,
    before.map(({ time }) => time),
  );
  if (newest !== undefined && newest.time > moment.getTime())
    context.output.warn(
      `the copy ${newest.name} on ${place.host.name} is from the future: the clock of ${source.name} was ahead, or is behind now; the next is named ${name}`,
    );
  const directory = posix.join(outgoing, name);
  const partial = `${directory}${PARTIAL}`;
  if (await source.files.exists(directory))
    throw new OperationError(
      `${directory} exists already`,
      "two copies of one second cannot be told apart; start again",
    );
  const targets = checked.disks.map(({ target }) => ({ target, path: cycleDisk(partial, target) }));
  const freeze = freezes(context);
  try {
    await steps.run(
      "begin",
      `Marking ${targets.length} disks at one instant${freeze ? ", frozen" : ""}`,
      async () => {
        await source.files.makeDirectory(partial);
        await source.hypervisor.beginBackup(guest.name, targets, {
          checkpoint: `${CHECKPOINT}${name}`,
          since: kind.kind === "incremental" ? kind.parent.checkpoint : undefined,
          freeze,
        });
      },
    );
    await steps.run("write", `Writing the ${kind.kind} copy`, () =>
      waitForBackup(
        context,
        source,
        guest.name,
        targets.map(({ path }) => path),
        expectedSize(kind, checked.disks),
      ),
    );
    return await steps.run("seal", "Checking and sealing", () =>
      sealCycle(source, { guest, name, moment, quiesced: freeze, kind, ...checked, directory }),
    );
  } catch (error) {
    context.output.step(`Undoing the copy of ${guest.name}`);
    await source.hypervisor.abortJob(guest.name).catch(() => undefined);
    await source.files.remove(partial).catch(() => undefined);
    await resumeStopped(source.hypervisor, guest.name).catch(() => undefined);
    throw error;
  }
}

/** What a run would do, from what stands there now; changes nothing. */
export interface ReplicateForecast {
  readonly ok: true;
  readonly guest: string;
  readonly target: string;
  readonly kind: "full" | "incremental";
  readonly reason?: string;
  /** Bytes at most. */
  readonly bytes: number;
  readonly steps: readonly string[];
}

/** Checks everything that a run would check. @throws what the run would throw */
export async function forecastReplicate(context: Context, guest: PlanGuest): Promise<ReplicateForecast> {
  const run = prepare(context, guest);
  const checked = await check(run);
  const kind = await choose(run, checked);
  return {
    ok: true,
    guest: guest.name,
    target: run.place.host.name,
    kind: kind.kind,
    ...(kind.kind === "full" ? { reason: kind.reason } : {}),
    bytes: expectedSize(kind, checked.disks),
    steps: REPLICATE_STEPS,
  };
}
