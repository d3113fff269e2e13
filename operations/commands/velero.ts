import { hostname } from "node:os";
import type { Command } from "commander";
import { systemClock } from "../adapters/clock.js";
import { kubectlVelero } from "../adapters/kubectl-velero.js";
import { localShell } from "../adapters/shell.js";
import { parseNow, type GlobalOptions } from "../context.js";
import { EXIT, RefusedError, UsageError, type ExitCode } from "../errors.js";
import { veleroBackup } from "../jobs/velero/backup.js";
import { COMPARED } from "../jobs/velero/compare.js";
import type { VeleroJob } from "../jobs/velero/job.js";
import { veleroRestore } from "../jobs/velero/restore.js";
import { veleroStatus, type VeleroStatus } from "../jobs/velero/status.js";
import { loadKubernetesPlan, planSite, primarySite, type KubernetesPlan } from "../kubernetes-plan.js";
import { output } from "../output.js";
import type { VeleroCluster } from "../ports/index.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { guarded } from "./run.js";
import { age, table } from "./text.js";

export function register(program: Command): void {
  const velero = program
    .command("velero")
    .description("Backups and restores of a namespace by Velero, with kubectl; each leaves a record.");
  reaching(
    velero.command("status").description("Shows locations, schedules and backups in every cluster."),
  ).action(guarded(status));
  watching(
    velero
      .command("backup")
      .argument("[schedule]", "schedule that it is made from (default: <namespace>-daily)")
      .description("Makes a backup from a schedule now, and proves that every cluster sees it."),
  )
    .option("--site <site>", "site whose cluster makes it (default: that of the primary)")
    .option("--objects-only", "good without what volumes hold", false)
    .action(guarded(backup));
  watching(
    velero
      .command("restore")
      .argument("[backup]", "backup (default: the newest good one of <namespace>-daily)")
      .description("Restores a namespace under another name, closed, and removes it again: a drill."),
  )
    .requiredOption("--into <namespace>", "namespace that it comes back as, such as orders-drill")
    .option("--site <site>", "site whose cluster restores (default: another than the primary's)")
    .option("--from <namespace>", "namespace that was backed up (default: the primary's)")
    .option("--schedule <schedule>", "schedule of the backup (default: <namespace>-daily)")
    .option("--compare <site>", "site of the original, or none (default: that of the primary)")
    .option("--resources <list>", "what is compared, by comma", COMPARED.join(","))
    .option("--ready", "wait until the restored servers are ready", false)
    .option("--keep", "leave the namespace standing", false)
    .option("--everything", "services and policies too, and it stays: a recovery", false)
    .option("--confirm <namespace>", "the namespace again: --everything does nothing without it")
    .action(guarded(restore));
}

interface ReachFlags {
  readonly kubeconfig?: readonly string[];
  readonly namespace: string;
}

interface WatchFlags extends ReachFlags, EvidenceOption {
  readonly patience: string;
  readonly every: string;
  readonly site?: string;
}

interface BackupFlags extends WatchFlags {
  readonly objectsOnly: boolean;
}

interface RestoreFlags extends WatchFlags {
  readonly into: string;
  readonly from?: string;
  readonly schedule?: string;
  readonly compare?: string;
  readonly resources: string;
  readonly ready: boolean;
  readonly keep: boolean;
  readonly everything: boolean;
  readonly confirm?: string;
}

function reaching(command: Command): Command {
  return command
    .option("--kubeconfig <file...>", "kubeconfig, or <site>=<file> for one site (default: kubectl's own)")
    .option("--namespace <namespace>", "namespace of Velero", "velero");
}

function watching(command: Command): Command {
  return reaching(command)
    .option("--patience <minutes>", "how long to watch; what runs goes on", "300")
    .option("--every <seconds>", "how often to look", "5")
    .option(...EVIDENCE_OPTION);
}

async function status(global: GlobalOptions, options: ReachFlags): Promise<ExitCode> {
  const plan = await loadKubernetesPlan(global.plan);
  const clusters = plan.environment.kubernetes.sites.map(({ site }) => clusterOf(plan, options, site));
  const found = await veleroStatus(clusters, systemClock(parseNow(global.now)).now());
  output(global.json).result(found, describe(found));
  return found.ok ? EXIT.ok : EXIT.failed;
}

async function backup(
  global: GlobalOptions,
  options: BackupFlags,
  schedule: string | undefined,
): Promise<ExitCode> {
  const plan = await loadKubernetesPlan(global.plan);
  const place = options.site === undefined ? primarySite(plan) : planSite(plan, options.site);
  const others = plan.environment.kubernetes.sites.filter(({ site }) => site !== place.site);
  const job = jobOf(global, options, plan);
  const record = await veleroBackup(job, {
    cluster: clusterOf(plan, options, place.site),
    schedule: schedule ?? daily(place.namespace),
    readers: others.map(({ site }) => clusterOf(plan, options, site)),
    objectsOnly: options.objectsOnly,
  });
  return conclude(job, record);
}

async function restore(
  global: GlobalOptions,
  options: RestoreFlags,
  backupName: string | undefined,
): Promise<ExitCode> {
  const plan = await loadKubernetesPlan(global.plan);
  const primary = primarySite(plan);
  const { into, from = primary.namespace, everything, confirm, compare = primary.site } = options;
  if (everything && confirm !== into && !global.dryRun)
    throw new RefusedError(
      `this brings ${from} back as ${into}, with its services and policies`,
      `--confirm ${into}, or --dry-run to see what would be done`,
    );
  const site = options.site ?? otherSite(plan, primary.site);
  const job = jobOf(global, options, plan);
  const record = await veleroRestore(job, {
    cluster: clusterOf(plan, options, site),
    from,
    into: namespaceName(into),
    backup: backupName === undefined ? { schedule: options.schedule ?? daily(from) } : { name: backupName },
    everything,
    keep: options.keep,
    ready: options.ready,
    compare:
      compare === "none"
        ? undefined
        : { original: clusterOf(plan, options, compare), resources: resourcesOf(options.resources) },
  });
  return conclude(job, record);
}

/** How the daily schedule of a database's namespace is called by VeleroBackups. */
function daily(namespace: string): string {
  return `${namespace}-daily`;
}

function otherSite({ environment }: KubernetesPlan, primary: string): string {
  return environment.kubernetes.sites.find(({ site }) => site !== primary)?.site ?? primary;
}

function namespaceName(text: string): string {
  if (/^[a-z]([a-z0-9-]{0,46}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(
    `--into: "${text}" is no name for a namespace`,
    "at most 48 lower-case letters, digits and hyphens, beginning with a letter",
  );
}

function resourcesOf(text: string): readonly string[] {
  const all = text.split(",").map((each) => each.trim());
  if (all.every((each) => /^[a-z]+(?:\.[a-z0-9.-]+)?$/.test(each))) return all;
  throw new UsageError(
    `--resources: "${text}" is no list of resources`,
    "such as configmaps,statefulsets.apps",
  );
}

/** Seconds for which an API server may be silent: a control plane that restarts takes some minutes. */
const SILENCE = 900;

function jobOf(
  global: GlobalOptions,
  { patience, every, evidence }: WatchFlags,
  plan: KubernetesPlan,
): VeleroJob {
  return {
    plan,
    output: output(global.json),
    clock: systemClock(parseNow(global.now)),
    dryRun: global.dryRun,
    evidence,
    watch: {
      poll: positive("--every", every, "seconds, such as 5"),
      patience: positive("--patience", patience, "minutes, such as 300") * 60,
      silence: SILENCE,
    },
  };
}

function positive(option: string, text: string, remedy: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new UsageError(`${option}: "${text}" is not a number above 0`, remedy);
  return value;
}

/** The cluster of a site. @throws UsageError when two sites would be reached as one */
function clusterOf(
  plan: KubernetesPlan,
  { kubeconfig = [], namespace }: ReachFlags,
  name: string,
): VeleroCluster {
  const { sites, podSecurity } = plan.environment.kubernetes;
  const { site, context } = planSite(plan, name);
  const own = kubeconfig.find((each) => each.startsWith(`${site}=`))?.slice(site.length + 1);
  const common = kubeconfig.find((each) => !sites.some((one) => each.startsWith(`${one.site}=`)));
  if (context === undefined && own === undefined && sites.length > 1)
    throw new UsageError(
      `site ${site} has no context in the plan, and all sites would be the same cluster`,
      `--kubeconfig ${site}=<file>, or kubernetes.sites[].context in the declaration`,
    );
  const shell = localShell(hostname(), { key: "", knownHosts: "", hosts: [] });
  return kubectlVelero(shell, { site, kubeconfig: own ?? common, context, namespace, podSecurity });
}

function describe({ ok, sites, problems }: VeleroStatus): string {
  const rows = sites.flatMap(({ site, backups }) =>
    backups.map((each) => [
      site,
      each.name,
      each.schedule ?? "-",
      each.good || each.faults.length === 0 ? each.phase : `${each.phase} PROBLEM`,
      ...[each.age, each.took, each.left].map((seconds) =>
        seconds === undefined ? "-" : age(seconds * 1000),
      ),
    ]),
  );
  const places = sites.flatMap(({ site, locations }) =>
    locations.map(({ name, access, phase }) => [site, name, access, phase]),
  );
  return [
    table(["site", "location", "access", "phase"], places),
    "",
    table(["site", "backup", "schedule", "phase", "age", "took", "kept for"], rows),
    "",
    ok
      ? "everything is as it must be"
      : `not as it must be:\n${problems.map((each) => `  ${each}`).join("\n")}`,
  ].join("\n");
}
