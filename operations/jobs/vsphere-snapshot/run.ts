import { messageOf, OperationError } from "../../errors.js";
import { freeMoment } from "../copy-name.js";
import type { Position } from "../postgres-position.js";
import type { Recorder } from "../recovery/recorder.js";
import type { Pruned } from "../retention.js";
import { positionOf, toldCheckpoint, type Told } from "./checkpoint.js";
import type { VmCopy } from "./copies.js";
import { look, pruneSeen, type Seen, type VmJob } from "./job.js";
import { describeSnapshot, snapshotName } from "./ownership.js";
import { requireReady } from "./preflight.js";
import { awaitQuiet, CLOCK_TOLERANCE, clockOffset } from "./settle.js";
import { requireMachine } from "./target.js";

/** The steps of a snapshot of a VM, in order. After each of them a test may let the process die. */
export const VM_SNAPSHOT_STEPS = ["heal", "check", "create", "checkpoint", "prove", "prune"] as const;

/** One run of the job. */
export class Run {
  /** Name of the snapshot, when one was made. */
  copy: string | undefined;
  position: Position | undefined;
  pruned: Pruned = { kept: [], removed: [] };
  /** vCenter's clock agrees with ours, so that ages mean something. */
  private clocksAgree = false;

  constructor(
    private readonly job: VmJob,
    readonly recorder: Recorder,
  ) {}

  async work(): Promise<void> {
    const { target, vcenter, declared } = this.job;
    const { name } = target.guest;
    let seen: Seen | undefined;
    const step = (id: (typeof VM_SNAPSHOT_STEPS)[number], text: string, action: () => Promise<string>) =>
      this.recorder.step(id, text, action);
    const now = async (): Promise<Seen> => (seen ??= await look(this.job));

    const healed = await step("heal", `Looking at the snapshots of ${name}`, async () => {
      const { detail, left } = await this.heal();
      seen = left;
      return detail;
    });
    const disks = target.guest.disks.length;
    const ready =
      healed &&
      (await step("check", `Checking ${name}, its chain and the space`, async () =>
        requireReady(vcenter, (await now()).machine, { disks, quiesce: declared.quiesce }),
      ));
    if (!ready) return;
    const { reference } = (await now()).machine;
    const before = await toldCheckpoint(this.job, reference);
    const made = await step("create", `Snapshot of ${name}`, async () => this.create(await now()));
    seen = undefined;
    if (made) await step("checkpoint", `Checkpoint in ${name}`, () => this.checkpoint(reference, before));
    if (made)
      await step("prove", "Proving the snapshot by what vCenter shows", async () => this.prove(await now()));
    await step("prune", "Retention", async () => this.prune(await now()));
  }

  /** Lets end what runs in vCenter, looks at the clocks, and finishes a removal that a killed run has left. */
  private async heal(): Promise<{ readonly detail: string; readonly left: Seen | undefined }> {
    const { context, target, vcenter } = this.job;
    const before = await requireMachine(vcenter, target);
    const waited = await awaitQuiet(context, vcenter, before);
    const offset = await clockOffset(context, vcenter);
    this.clocksAgree = Math.abs(offset) <= CLOCK_TOLERANCE;
    if (!this.clocksAgree)
      this.recorder.fail(
        `vCenter's clock is ${Math.abs(offset)} s ${offset > 0 ? "ahead of" : "behind"} ours, so nothing is removed by age (set both by NTP)`,
      );
    const seen = await look(this.job, waited.length === 0 ? before : undefined);
    const { found } = seen;
    for (const { name } of found.lookalikes)
      context.output.warn(`${name} has a name like ours and is not ours: it counts for nothing and stays`);
    for (const { name, problems } of found.own.filter(({ good }) => !good))
      context.output.warn(`${name} is not good: ${problems.join(", ")}`);
    const removed = await this.removeExpired(seen);
    const good = found.own.filter((copy) => copy.good).length;
    const changed = removed === undefined || removed.length > 0;
    const detail = [
      `${found.all.length} snapshots, ${found.own.length} of ours, ${good} good`,
      ...waited.map((text) => `waited for ${text}`),
      ...(changed ? [`removed ${removed?.join(", ") ?? "not all"} of what had expired`] : []),
    ].join("; ");
    return { detail, left: changed ? undefined : seen };
  }

  /** A removal that fails is told and gives undefined; it does not keep the VM from its next snapshot. */
  private async removeExpired(seen: Seen): Promise<readonly string[] | undefined> {
    if (!this.clocksAgree) return [];
    try {
      return (await pruneSeen(this.job, seen)).removed;
    } catch (error) {
      this.recorder.fail(`old snapshots could not be removed: ${messageOf(error)}`);
      return undefined;
    }
  }

  private async checkpoint(machine: string, before: Told): Promise<string> {
    const { context, declared, target } = this.job;
    const { name, kind } = target.guest;
    if (kind === "witness") return "none: it has no database";
    const position = declared.quiesce
      ? positionOf(before, await toldCheckpoint(this.job, machine))
      : "nothing is frozen, as declared";
    if (typeof position === "string") {
      context.output.warn(
        `no checkpoint in ${name}: ${position}; the snapshot is as good, its recovery longer`,
      );
      return `none: ${position}`;
    }
    this.position = position;
    return `at ${position.lsn} on timeline ${position.timeline}, before the freeze`;
  }

  private async create({ machine, owner, found }: Seen): Promise<string> {
    const { context, vcenter, declared } = this.job;
    const moment = await freeMoment(context.clock, (at) =>
      Promise.resolve(
        found.all.some((other) => other.name === snapshotName(at))
          ? `${snapshotName(at)} of ${machine.name}`
          : undefined,
      ),
    );
    const name = snapshotName(moment);
    const { quiesce } = declared;
    const description = describeSnapshot(owner, machine, quiesce);
    await vcenter.createSnapshot(machine.reference, { name, description, quiesce });
    this.copy = name;
    return `${name}, ${quiesce ? "quiesced, " : ""}without memory, as govc says`;
  }

  /** govc's success proves nothing: vCenter drops "quiesced" silently, and a snapshot may lack a disk. */
  private prove({ machine, found }: Seen): string {
    const copies = found.own.filter(({ name }) => name === this.copy);
    const [copy] = copies;
    if (copy === undefined || copies.length > 1)
      throw new OperationError(
        `${machine.name} has ${copies.length} snapshots ${this.copy} of ours, not one`,
        "look at the VM's tasks and events in vCenter",
      );
    if (!copy.good)
      throw new OperationError(
        `${copy.name} does not count as a copy: ${copy.problems.join("; ")}`,
        "see to VMware Tools in the guest and to the VM's disks, then start again",
      );
    return proof(copy);
  }

  private async prune(seen: Seen): Promise<string> {
    if (!this.clocksAgree) return "nothing, as the clocks differ";
    this.pruned = await pruneSeen(this.job, seen);
    const { kept, removed } = this.pruned;
    return `kept ${kept.length}, removed ${removed.join(", ") || "none"}`;
  }
}

function proof({ id, name, snapshot, disks }: VmCopy): string {
  const taken = new Date(snapshot.created).toISOString();
  return `${name} (${id}) of ${taken}: ${snapshot.quiesced ? "quiesced" : "not quiesced"}, no memory, ${disks} disks`;
}
