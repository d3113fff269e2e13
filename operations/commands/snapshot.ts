import { posix } from "node:path";
import type { Command } from "commander";
import { createContext, type Context, type GlobalOptions } from "../context.js";
import { EXIT, OperationError, type ExitCode } from "../errors.js";
import {
  forecastSnapshot,
  snapshot,
  SNAPSHOT_STEPS,
  snapshotDirectory,
  type SnapshotForecast,
  type SnapshotResult,
} from "../jobs/snapshot.js";
import { withGuestLock } from "../jobs/lock.js";
import { pruneSnapshots } from "../jobs/prune.js";
import { removeRestored, restoreSnapshot } from "../jobs/snapshot-restore.js";
import { listSnapshots, verifyFiles } from "../jobs/snapshot-store.js";
import {
  pruneVm,
  vmJob,
  vmTarget,
  type VmSnapshotForecast,
  type VmSnapshotResult,
} from "../jobs/vsphere-snapshot/index.js";
import { output } from "../output.js";
import { each } from "./each.js";
import { EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { guarded, run } from "./run.js";
import { age, bytes, table } from "./text.js";
import { listVm, refuseRestore, takeVm, verifyVm, vmSummary } from "./vm-snapshot.js";

export function register(program: Command): void {
  const command = program
    .command("snapshot")
    .description("Takes a verified copy of a guest's disks at one instant, then prunes old copies.")
    .argument("[guest]", "guest of the plan; all when left out")
    .option("--steps", "name the steps and end", false)
    .option(EVIDENCE_OPTION[0], `${EVIDENCE_OPTION[1]}, for VMs of vCenter`, EVIDENCE_OPTION[2])
    .action(guarded(snapshotOrSteps));
  command
    .command("list")
    .description("Lists copies.")
    .argument("[guest]", "guest of the plan; all when left out")
    .action(run(list));
  command
    .command("verify")
    .description("Reads copies back and compares them with what was written.")
    .argument("<guest>", "guest of the plan")
    .option("--copy <name>", "one copy; the newest when left out")
    .action(run(verify));
  command
    .command("prune")
    .description(
      "Removes copies that the declaration does not keep; the last good one stays whatever its age.",
    )
    .argument("[guest]", "guest of the plan; all when left out")
    .action(run(prune));
  command
    .command("restore")
    .description("Defines and starts a copy beside the guest, with its network cables pulled.")
    .argument("<guest>", "guest of the plan")
    .requiredOption("--as <name>", "name of the new domain")
    .option("--copy <name>", "which copy; the newest when left out")
    .option("--no-start", "define it only")
    .option("--remove", "remove the domain that an earlier restore made", false)
    .action(run(restore));
}

async function snapshotOrSteps(
  global: GlobalOptions,
  options: EvidenceOption & { readonly steps: boolean },
  name?: string,
): Promise<ExitCode> {
  if (!options.steps) return take(await createContext(global), options.evidence, name);
  output(global.json).result(SNAPSHOT_STEPS, SNAPSHOT_STEPS.join("\n"));
  return EXIT.ok;
}

function take(context: Context, evidence: string, name: string | undefined): Promise<ExitCode> {
  return each<SnapshotResult | SnapshotForecast | VmSnapshotResult | VmSnapshotForecast>(
    context,
    name,
    (guest) => {
      const vm = vmTarget(guest);
      if (vm !== undefined) return takeVm(context, vm, evidence);
      return context.dryRun ? forecastSnapshot(context, guest) : snapshot(context, guest);
    },
    (result) =>
      "manifest" in result ? summary(result) : "directory" in result ? forecast(result) : vmSummary(result),
  );
}

function forecast({ guest, directory, disks, prune }: SnapshotForecast): string {
  return [
    `${guest}: would copy ${disks.join(", ")} to ${directory}`,
    ...prune.removed.map((copy) => `${guest}: would remove ${copy}`),
  ].join("\n");
}

function summary({ guest, directory, manifest, pruned }: SnapshotResult): string {
  const size = manifest.disks.reduce((sum, disk) => sum + disk.size, 0);
  const removed = pruned.removed.length === 0 ? "" : `, removed ${pruned.removed.join(", ")}`;
  return `${guest}: ${directory}, ${bytes(size)}; kept ${pruned.kept.length}${removed}`;
}

async function list(context: Context, _options: object, name?: string): Promise<undefined> {
  const guests = name === undefined ? context.plan.guests : [context.guest(name)];
  const found = [];
  for (const guest of guests) {
    const vm = vmTarget(guest);
    if (vm !== undefined) {
      for (const { snapshot: shown, problems, ...copy } of await listVm(context, vm)) {
        const moment = new Date(shown.created).toISOString();
        const problem = problems.length === 0 ? undefined : problems.join("; ");
        const fields = { moment, problem, inUse: false, size: undefined, postgres: undefined };
        found.push({ guest: guest.name, ...copy, ...fields });
      }
      continue;
    }
    for (const { manifest, ...copy } of await listSnapshots(
      context.host(guest.host),
      snapshotDirectory(context, guest.name),
    ))
      found.push({ guest: guest.name, ...copy, moment: manifest?.moment, postgres: manifest?.postgres });
  }
  const now = context.clock.now().getTime();
  const rows = found.map(({ guest, name: copy, time, size, good, problem, inUse }) => [
    guest,
    copy,
    age(now - time),
    size === undefined ? "-" : bytes(size),
    good ? (inUse ? "good, in use" : "good") : `NOT GOOD: ${problem ?? ""}`,
  ]);
  context.output.result(
    { ok: true, snapshots: found },
    table(["guest", "copy", "age", "size", "state"], rows),
  );
  return undefined;
}

async function verify(
  context: Context,
  options: { readonly copy?: string },
  name: string,
): Promise<undefined> {
  const guest = context.guest(name);
  const vm = vmTarget(guest);
  if (vm !== undefined) {
    const copy = await verifyVm(context, vm, options.copy);
    context.output.result({ ok: true, guest: name, copy: copy.name }, `${copy.name} of ${name}: good`);
    return undefined;
  }
  const host = context.host(guest.host);
  const stored = await listSnapshots(host, snapshotDirectory(context, name));
  const chosen =
    options.copy === undefined ? stored.at(-1) : stored.find((copy) => copy.name === options.copy);
  if (chosen === undefined)
    throw new OperationError(`there is no such snapshot of ${name}`, "see `pgkeep snapshot list`");
  if (!chosen.good || chosen.manifest === undefined)
    throw new OperationError(`the snapshot ${chosen.name} of ${name} is not good: ${chosen.problem ?? ""}`);
  context.output.step(`Reading ${chosen.directory}`);
  await verifyFiles(host, chosen.directory, chosen.manifest, (file) => context.output.info(file));
  context.output.result(
    { ok: true, guest: name, copy: chosen.name },
    `${posix.join(chosen.directory)}: good`,
  );
  return undefined;
}

async function prune(context: Context, _options: object, name?: string): Promise<ExitCode> {
  return each(
    context,
    name,
    async (guest) => {
      const host = context.host(guest.host);
      const vm = vmTarget(guest);
      if (vm === undefined) snapshotDirectory(context, guest.name);
      const work = (): ReturnType<typeof pruneSnapshots> =>
        vm === undefined ? pruneSnapshots(context, host, guest.name) : pruneVm(vmJob(context, vm));
      const pruned = await (context.dryRun
        ? work()
        : withGuestLock(context, host, guest.name, "prune", work));
      return { ok: true, guest: guest.name, ...pruned };
    },
    ({ guest, kept, removed }) =>
      `${guest}: kept ${kept.length}, ${context.dryRun ? "would remove" : "removed"} ${removed.join(", ") || "none"}`,
  );
}

async function restore(
  context: Context,
  options: { readonly as: string; readonly copy?: string; readonly start: boolean; readonly remove: boolean },
  name: string,
): Promise<undefined> {
  const guest = context.guest(name);
  const vm = vmTarget(guest);
  if (vm !== undefined) refuseRestore(vm);
  if (context.dryRun) {
    context.output.result({ ok: true }, `would ${options.remove ? "remove" : "restore"} ${options.as}`);
  } else if (options.remove) {
    await removeRestored(context, guest, options.as);
    context.output.result({ ok: true, removed: options.as }, `${options.as} is removed`);
  } else {
    const restored = await restoreSnapshot(context, guest, {
      as: options.as,
      from: options.copy,
      start: options.start,
    });
    context.output.result(
      { ok: true, ...restored },
      `${options.as} runs from ${restored.snapshot}, isolated`,
    );
  }
  return undefined;
}
