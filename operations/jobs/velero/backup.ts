import { OperationError, RefusedError } from "../../errors.js";
import { EvidenceStore, type EvidenceRecord } from "../../evidence/index.js";
import type { BackupPlan, VeleroBackup, VeleroCluster } from "../../ports/index.js";
import { writeRecord } from "../recovery/evidence.js";
import { Recorder } from "../recovery/recorder.js";
import { EXCLUDED } from "./compare.js";
import { follow, until } from "./follow.js";
import { backupFaults, describeRun, hasEnded } from "./judge.js";
import { stamped, subjectOf, type VeleroJob } from "./job.js";

export interface BackupOrder {
  /** Cluster that makes the backup. */
  readonly cluster: VeleroCluster;
  /** Schedule that it is made from. */
  readonly schedule: string;
  /** Clusters that must see it; they read the same location. */
  readonly readers: readonly VeleroCluster[];
  /** What volumes hold need not be in it. */
  readonly objectsOnly: boolean;
}

/** Seconds until another cluster has seen a backup; it looks each minute by default. */
const SYNC_PATIENCE = 600;

/**
 * Has Velero make a backup from a schedule, watches it to its end, judges it, and writes a record. It keeps no state of its own: killed
 * at any moment, the next call finds the backup that runs and joins it, and writes the record of one that has ended meanwhile.
 *
 * @returns the record; undefined in a dry run
 */
export async function veleroBackup(job: VeleroJob, order: BackupOrder): Promise<EvidenceRecord | undefined> {
  const { cluster, schedule } = order;
  const plan = await requireReady(cluster, schedule);
  const made = (await cluster.backups()).filter((each) => each.schedule === schedule);
  const running = made.findLast((each) => !hasEnded(each));
  if (job.dryRun) {
    job.output.info(
      running === undefined
        ? `would make a backup from schedule ${schedule} of site ${cluster.site}`
        : `${running.name} runs already at site ${cluster.site}; would watch it`,
    );
    return undefined;
  }
  await recordEnded(job, order, made);
  const recorder = new Recorder(job.output, job.clock);
  const name = running?.name ?? stamped(schedule, job.clock.now());
  let backup: VeleroBackup | undefined;
  const asked = await recorder.step(
    "V1",
    `${running === undefined ? "ask for" : "join"} ${name}`,
    async () => {
      if (running === undefined) await cluster.startBackup(schedule, name);
      return `from schedule ${schedule} of site ${cluster.site}${running === undefined ? "" : ", started by an earlier call or by Velero itself"}`;
    },
  );
  const ended =
    asked &&
    (await recorder.step("V2", "Velero makes it", async () => {
      backup = await follow(job, name, () => cluster.backup(name));
      const said = judged(backup);
      if (plan.snapshots && !order.objectsOnly) await requireVolumes(cluster, plan, backup);
      return said;
    }));
  if (ended)
    for (const reader of order.readers)
      await recorder.step("V3", `site ${reader.site} sees it`, () => seenBy(job, reader, name));
  return writeRecord(subjectOf(job), job.evidence, "velero-backup", recorder, {
    ...(backup === undefined ? {} : { id: idOf(cluster, backup) }),
    backup: { label: name },
  });
}

/** @throws RefusedError when a backup from the schedule could not be made; nothing was done */
async function requireReady(cluster: VeleroCluster, name: string): Promise<BackupPlan> {
  const schedule = await cluster.schedule(name);
  if (schedule === undefined)
    throw new RefusedError(
      `site ${cluster.site} has no schedule ${name}`,
      `one of ${(await cluster.schedules()).map((each) => each.name).join(", ") || "those that VeleroBackups makes"}`,
    );
  if (schedule.phase === "FailedValidation")
    throw new RefusedError(
      `Velero refuses schedule ${name}: ${schedule.problems.join("; ")}`,
      "correct it in the declaration",
    );
  const locations = await cluster.locations();
  const location = locations.find((each) =>
    schedule.location === undefined ? each.isDefault : each.name === schedule.location,
  );
  const where = schedule.location ?? "the default location";
  if (location === undefined)
    throw new RefusedError(`site ${cluster.site} has no ${where}`, "declare it in VeleroBackups.locations");
  if (location.access === "ReadOnly")
    throw new RefusedError(
      `location ${location.name} of site ${cluster.site} is read-only`,
      "make the backup in the cluster that writes",
    );
  if (location.phase !== "Available")
    throw new RefusedError(
      `location ${location.name} of site ${cluster.site} is ${location.phase === "" ? "not looked at yet" : location.phase}`,
      `see what Velero says: kubectl describe backupstoragelocation ${location.name}`,
    );
  return schedule;
}

/**
 * A volume that nothing can snapshot is passed over by Velero, and the backup is Completed with 0 errors all the same.
 *
 * @throws OperationError when fewer volumes were snapshot than there are
 */
async function requireVolumes(
  cluster: VeleroCluster,
  { namespaces }: BackupPlan,
  { name, snapshots, moves, started = 0 }: VeleroBackup,
): Promise<void> {
  const claims: string[] = [];
  for (const namespace of namespaces.filter((each) => each !== "*"))
    for (const { metadata, status } of await cluster.objects(namespace, ["persistentvolumeclaims"]))
      if (
        metadata.labels?.[EXCLUDED] !== "true" &&
        Date.parse(metadata.creationTimestamp ?? "") <= started &&
        (status as { phase?: string } | undefined)?.phase === "Bound"
      )
        claims.push(metadata.name);
  // With the data mover Velero counts what it moves, and no snapshots.
  const done = Math.max(snapshots.attempted, moves.attempted);
  if (done < claims.length)
    throw new OperationError(
      `backup ${name} lacks what volumes hold: ${done} of ${claims.length} were snapshot (${claims.join(", ")})`,
      "Velero with --features=EnableCSI, a CSI driver with snapshots and a VolumeSnapshotClass labelled for Velero; or --objects-only",
    );
}

/** @throws OperationError when a backup is not good */
function judged(backup: VeleroBackup): string {
  const faults = backupFaults(backup);
  if (faults.length > 0)
    throw new OperationError(
      `backup ${backup.name} is not good: ${faults.join("; ")}`,
      `velero backup describe ${backup.name} --details, and velero backup logs ${backup.name}`,
    );
  return `${describeRun(backup)}, ${backup.snapshots.completed} snapshots`;
}

async function seenBy(job: VeleroJob, reader: VeleroCluster, name: string): Promise<string> {
  const seen = await until(job, `${name} at site ${reader.site}`, SYNC_PATIENCE, async () => {
    const found = await reader.backup(name);
    return found !== undefined && hasEnded(found) ? found : undefined;
  });
  return judged(seen);
}

/** Writes the records of backups whose call was killed before it could. */
async function recordEnded(
  job: VeleroJob,
  { cluster }: BackupOrder,
  made: readonly VeleroBackup[],
): Promise<void> {
  const known = new Set(new EvidenceStore(job.evidence).read().records.map(({ id }) => id));
  for (const backup of made) {
    const { name, ours, phase, started, ended } = backup;
    if (
      !ours ||
      phase === "Deleting" ||
      !hasEnded(backup) ||
      started === undefined ||
      known.has(idOf(cluster, backup))
    )
      continue;
    job.output.info(`${name} has ended, and its record is missing`);
    const recorder = new Recorder(job.output, job.clock);
    const faults = backupFaults(backup);
    const finished = ended ?? started;
    recorder.steps.push({
      id: "V2",
      name: "Velero made it; the call that watched it did not come back",
      started: new Date(started).toISOString(),
      duration: (finished - started) / 1000,
      outcome: faults.length > 0 ? "failed" : "passed",
      detail: describeRun(backup),
    });
    for (const fault of faults) recorder.fail(`${name}: ${fault}`);
    await writeRecord(subjectOf(job), job.evidence, "velero-backup", recorder, {
      id: idOf(cluster, backup),
      backup: { label: name },
      started: new Date(started).toISOString(),
      finished: new Date(finished).toISOString(),
    });
  }
}

/** The same backup has the same id in whichever call it is recorded. */
function idOf({ site }: VeleroCluster, { name }: Pick<VeleroBackup, "name">): string {
  return `velero-backup-${site}-${name}`;
}
