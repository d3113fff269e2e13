import { OperationError, RefusedError } from "../../errors.js";
import type { EvidenceRecord } from "../../evidence/index.js";
import type { VeleroBackup, VeleroCluster, VeleroRestore } from "../../ports/index.js";
import { writeRecord } from "../recovery/evidence.js";
import { Recorder } from "../recovery/recorder.js";
import { compareObjects } from "./compare.js";
import { follow, until } from "./follow.js";
import { backupFaults, describeRun, faultsOf, hasEnded } from "./judge.js";
import { stamped, subjectOf, type VeleroJob } from "./job.js";
import { clear, prepare, requireFree, restoresInto } from "./place.js";

export interface RestoreRequest {
  /** Cluster that restores. */
  readonly cluster: VeleroCluster;
  /** Namespace that was backed up, and the one that it comes back as. */
  readonly from: string;
  readonly into: string;
  /** Name of the backup, or the newest good one of a schedule. */
  readonly backup: { readonly name: string } | { readonly schedule: string };
  /**
   * Everything, services and policies too, into a namespace that stays: a recovery. Without, it is a drill in a closed namespace that is
   * removed.
   */
  readonly everything: boolean;
  /** Leave the drill's namespace standing. */
  readonly keep: boolean;
  /** Wait until every StatefulSet is ready. */
  readonly ready: boolean;
  /** Where the original is, and what of it is compared; undefined compares nothing. */
  readonly compare: { readonly original: VeleroCluster; readonly resources: readonly string[] } | undefined;
}

/** What a drill leaves out: policies would open its namespace, and services would take addresses that the original has. */
export const LEFT_OUT = [
  "networkpolicies.networking.k8s.io",
  "networkpolicies.projectcalico.org",
  "networkpolicies.crd.projectcalico.org",
  "services",
  "endpoints",
  "endpointslices.discovery.k8s.io",
  "ingresses.networking.k8s.io",
] as const;

/**
 * Restores a namespace under another name, judges the restore, compares what has come back, and writes a record. A drill that was killed
 * is cleared away by the next; a recovery that was killed is joined.
 *
 * @returns the record; undefined in a dry run
 */
export async function veleroRestore(
  job: VeleroJob,
  request: RestoreRequest,
): Promise<EvidenceRecord | undefined> {
  const { cluster, into, everything } = request;
  const backup = await chosen(request);
  const running = everything ? await unfinished(request, backup) : undefined;
  if (!everything) await requireFree(job, cluster, into);
  if (job.dryRun) {
    const what = everything ? "everything" : `all but ${LEFT_OUT.join(", ")}`;
    job.output.info(`would restore ${backup.name} as ${into} at site ${cluster.site}: ${what}`);
    return undefined;
  }
  const recorder = new Recorder(job.output, job.clock);
  const begun = recorder.started.getTime();
  const passed =
    (await recorder.step("R1", "choose the backup", () => Promise.resolve(describeChoice(backup, begun)))) &&
    (everything || (await recorder.step("R2", `make ${into}`, () => prepare(job, cluster, into)))) &&
    (await recorder.step("R3", `Velero restores ${backup.name} as ${into}`, () =>
      carryOut(job, request, backup, running),
    )) &&
    (await recorder.step("R4", "volumes are bound", () => bound(job, request)));
  if (passed && request.ready)
    await recorder.step("R5", "servers are ready", () => serversReady(job, request));
  if (passed && request.compare !== undefined)
    await recorder.step("R6", "compare with the original", () => compared(request, backup));
  const seconds = Math.round(recorder.elapsed() * 1000) / 1000;
  if (!everything) await end(job, request, recorder);
  const { rto, rpo } = job.plan.environment.objectives.restore;
  if (recorder.verdict === "passed" && seconds > rto)
    recorder.fail(`the restore took ${Math.round(seconds)} s, the objective is ${rto} s`);
  return writeRecord(subjectOf(job), job.evidence, "velero-restore", recorder, {
    backup: { label: backup.name },
    ...(recorder.verdict === "passed" ? { measured: { rtoSeconds: seconds } } : {}),
    objectives: { rtoSeconds: rto, rpoSeconds: rpo },
  });
}

/** @throws RefusedError when there is no such backup, or it is not good */
async function chosen({ cluster, backup: wanted, from }: RestoreRequest): Promise<VeleroBackup> {
  const all = await cluster.backups();
  const own =
    "name" in wanted
      ? all.filter(({ name }) => name === wanted.name)
      : all.filter((each) => each.schedule === wanted.schedule && hasEnded(each));
  const found = own.findLast((each) => backupFaults(each).length === 0) ?? own.at(-1);
  if (found === undefined)
    throw new RefusedError(
      `site ${cluster.site} sees no backup ${"name" in wanted ? wanted.name : `of schedule ${wanted.schedule}`}`,
      "see `pgkeep velero status`; another cluster's backups come after syncPeriod",
    );
  const faults = backupFaults(found);
  if (faults.length > 0)
    throw new RefusedError(
      `backup ${found.name} is not good: ${faults.join("; ")}`,
      "another backup; see `pgkeep velero status`",
    );
  if (found.namespaces.length > 0 && !found.namespaces.some((each) => each === from || each === "*"))
    throw new RefusedError(
      `backup ${found.name} is of ${found.namespaces.join(", ")}, not of ${from}`,
      "--from with the namespace that was backed up",
    );
  return found;
}

function describeChoice({ name, started, items }: VeleroBackup, now: number): string {
  const age =
    started === undefined ? "of an unknown age" : `begun ${Math.round((now - started) / 1000)} s ago`;
  return `${name}, ${age}, ${items.done} objects`;
}

/** A recovery of ours that an earlier call has begun. @throws RefusedError when the namespace is there for another reason */
async function unfinished(
  { cluster, into }: RestoreRequest,
  { name: backup }: VeleroBackup,
): Promise<VeleroRestore | undefined> {
  const own = (await restoresInto(cluster, into)).find((each) => each.backup === backup);
  if (own !== undefined) return own;
  if ((await cluster.namespace(into)) === undefined) return undefined;
  throw new RefusedError(
    `namespace ${into} is there at site ${cluster.site}: Velero would leave what stands in it as it is`,
    "restore into a name that nobody uses, or remove that namespace, if it is the lost one",
  );
}

async function carryOut(
  job: VeleroJob,
  { cluster, from, into, everything }: RestoreRequest,
  { name: backup }: VeleroBackup,
  running: VeleroRestore | undefined,
): Promise<string> {
  const name = running?.name ?? stamped(into, job.clock.now());
  if (running === undefined)
    await cluster.startRestore({ name, backup, from, into, without: everything ? [] : LEFT_OUT });
  const restore = await follow(job, name, () => cluster.restore(name));
  const faults = faultsOf(restore);
  if (faults.length > 0)
    throw new OperationError(
      `restore ${name} is not good: ${faults.join("; ")}`,
      `velero restore describe ${name} --details, and velero restore logs ${name}`,
    );
  return describeRun(restore);
}

async function bound(job: VeleroJob, { cluster, into }: RestoreRequest): Promise<string> {
  const claims = await until(job, `volumes of ${into}`, job.watch.patience, async () => {
    const all = await cluster.objects(into, ["persistentvolumeclaims"]);
    return all.every(({ status }) => (status as { phase?: string } | undefined)?.phase === "Bound")
      ? all
      : undefined;
  });
  return `${claims.length} claims`;
}

interface Replicated {
  readonly replicas?: number;
  readonly readyReplicas?: number;
}

async function serversReady(job: VeleroJob, { cluster, into }: RestoreRequest): Promise<string> {
  const sets = await until(job, `servers of ${into}`, job.watch.patience, async () => {
    const all = await cluster.objects(into, ["statefulsets.apps"]);
    const ready = all.every(({ spec, status }) => {
      const [wanted, there] = [spec as Replicated | undefined, status as Replicated | undefined];
      return (there?.readyReplicas ?? 0) >= (wanted?.replicas ?? 1);
    });
    return ready ? all : undefined;
  });
  return sets.map(({ metadata }) => metadata.name).join(", ") || "there are none";
}

async function compared(request: RestoreRequest, { started = 0 }: VeleroBackup): Promise<string> {
  const { cluster, from, into, everything, compare } = request;
  if (compare === undefined) return "not asked for";
  const left: readonly string[] = everything ? [] : LEFT_OUT;
  const resources = compare.resources.filter((each) => !left.includes(each));
  const [original, restored] = [
    await compare.original.objects(from, resources),
    await cluster.objects(into, resources),
  ];
  const { equal, missing, different, added, changed } = compareObjects(original, restored, started);
  const problems = [
    ...(missing.length === 0 ? [] : [`not restored: ${missing.join(", ")}`]),
    ...(different.length === 0 ? [] : [`different: ${different.join(", ")}`]),
    ...(equal === 0 ? ["not one object is equal"] : []),
  ];
  if (problems.length > 0)
    throw new OperationError(`${into} is not what was backed up: ${problems.join("; ")}`);
  return [
    `${equal} objects are equal`,
    ...(changed.length === 0 ? [] : [`changed since the backup: ${changed.join(", ")}`]),
    ...(added.length === 0 ? [] : [`made there by others: ${added.join(", ")}`]),
  ].join("; ");
}

/** Removes what a drill has made, even one that failed, unless it is to be looked at. */
async function end(
  job: VeleroJob,
  { cluster, into, keep }: RestoreRequest,
  recorder: Recorder,
): Promise<void> {
  if (keep) {
    await recorder.step("R7", `leave ${into} standing`, async () => {
      await cluster.keepNamespace(into);
      return `until somebody removes it: kubectl delete namespace ${into}`;
    });
    return;
  }
  if (!(await restoresInto(cluster, into)).every(hasEnded)) {
    recorder.skip("R7", `remove ${into}`, "Velero still works on it; the next call clears it away");
    return;
  }
  await recorder.step("R7", `remove ${into}`, async () => {
    const { retained } = await clear(job, cluster, into);
    if (retained.length === 0) return `${into} and its restore are gone`;
    job.output.warn(
      `volumes of the drill stay, as their class retains them: ${retained.join(", ")}; remove them with what they hold, or give the second cluster a class that deletes`,
    );
    return `${into} and its restore are gone; retained by their class: ${retained.join(", ")}`;
  });
}
