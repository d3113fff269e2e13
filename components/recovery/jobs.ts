import { hostOf, type PlanGuest, type RecoveryPlan } from "./plan.js";

/** A job that a systemd timer on a hypervisor starts. */
export interface Job {
  /** Name of the unit without prefix and suffix, such as `snapshot-pg-a1`. */
  readonly id: string;
  /** Hypervisor that runs it. */
  readonly host: string;
  /** Five cron fields, UTC. */
  readonly schedule: string;
  /** Arguments of the `pgkeep` command. */
  readonly arguments: readonly string[];
  readonly description: string;
  /** Whether a run that was missed while the host was down is made up for at once. */
  readonly catchUp: boolean;
}

/**
 * What the names of snapshots of ours on vSphere begin with. The description says whose they are; those of other environments and of
 * other tools are never touched.
 */
export const SNAPSHOT_PREFIX = "pgkeep-";

/** The job that takes the snapshots of one guest and prunes them. */
export function snapshotJob({ name, host }: Pick<PlanGuest, "name" | "host">, schedule: string): Job {
  return {
    id: `snapshot-${name}`,
    host,
    schedule,
    arguments: ["snapshot", name],
    description: `Snapshot of ${name}`,
    catchUp: true,
  };
}

/** All jobs of an environment, in a stable order. */
export function jobs({ environment, guests, repository }: RecoveryPlan): readonly Job[] {
  // In a cluster, CronJobs and Velero do what timers do elsewhere.
  if (environment.platform === "kubernetes") return [];
  const { backup, replication, drills } = environment;
  const members = guests.filter(({ kind }) => kind === "member");
  const list: Job[] = [];
  const { vmSnapshot } = backup;
  if (vmSnapshot !== undefined) list.push(...guests.map((guest) => snapshotJob(guest, vmSnapshot.schedule)));
  // On VMware, Site Recovery Manager replicates by itself.
  const replicated = members.filter(
    ({ site }) =>
      environment.platform === "kvm" && replication.vm !== undefined && site !== replication.vm.to,
  );
  for (const guest of replicated) {
    list.push({
      id: `replicate-${guest.name}`,
      host: guest.host,
      schedule: replication.vm?.schedule ?? "",
      arguments: ["replicate", guest.name],
      description: `Replication of ${guest.name} to site ${replication.vm?.to}`,
      catchUp: true,
    });
  }
  // Backups, verification and drills run where a lost primary site cannot take them along.
  const keeper = guests.find(({ name }) => name === repository)?.host;
  const witness =
    guests.find(({ kind }) => kind === "witness")?.host ??
    hostOf(environment, environment.sites[0]?.name ?? "").name;
  // On VMware the guest with the repository has timers of its own for them.
  if (environment.platform === "kvm") list.push(...repositoryJobs({ environment, guests, repository }));
  list.push(
    ...job("drill-restore", keeper, drills.restore?.schedule, "Restore drill"),
    // Not at another time than was declared: one kills the primary, both want a site that has come to rest.
    ...job("drill-failover", witness, drills.failover?.schedule, "Failover drill", false),
    ...job("drill-site", witness, drills.site?.schedule, "Site drill", false),
  );
  return list;
}

/** Base backups and their verification, at the host of the guest that holds the repository. */
export function repositoryJobs({
  environment: { backup },
  guests,
  repository,
}: Pick<RecoveryPlan, "environment" | "guests" | "repository">): readonly Job[] {
  const keeper = guests.find(({ name }) => name === repository)?.host;
  const { base, verification } = backup;
  return [
    ...job("backup-full", keeper, base?.full.schedule, "Full base backup"),
    ...job("backup-diff", keeper, base?.differential?.schedule, "Differential base backup"),
    ...job("backup-incr", keeper, base?.incremental?.schedule, "Incremental base backup"),
    ...job("verify", keeper, base && verification.schedule, "Verification of backups and archive"),
  ];
}

/** A job, if it is declared and somebody is there to do it. */
function job(
  id: string,
  host: string | undefined,
  schedule: string | undefined,
  description: string,
  catchUp = true,
): Job[] {
  if (host === undefined || schedule === undefined) return [];
  return [{ id, host, schedule, arguments: id.split("-"), description, catchUp }];
}
