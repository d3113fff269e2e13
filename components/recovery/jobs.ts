import { hostOf, type RecoveryPlan } from "./plan.js";

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

/** All jobs of an environment, in a stable order. */
export function jobs({ environment, guests, repository }: RecoveryPlan): readonly Job[] {
  const { backup, replication, drills } = environment;
  const members = guests.filter(({ kind }) => kind === "member");
  const list: Job[] = [];
  for (const guest of backup.vmSnapshot === undefined ? [] : guests) {
    list.push({
      id: `snapshot-${guest.name}`,
      host: guest.host,
      schedule: backup.vmSnapshot?.schedule ?? "",
      arguments: ["snapshot", guest.name],
      description: `Snapshot of ${guest.name}`,
      catchUp: true,
    });
  }
  for (const guest of members.filter(
    ({ site }) => replication.vm !== undefined && site !== replication.vm.to,
  )) {
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
  const at = (
    id: string,
    host: string | undefined,
    schedule: string | undefined,
    description: string,
    catchUp = true,
  ): void => {
    if (host !== undefined && schedule !== undefined)
      list.push({ id, host, schedule, arguments: id.split("-"), description, catchUp });
  };
  at("backup-full", keeper, backup.base?.full.schedule, "Full base backup");
  at("backup-diff", keeper, backup.base?.differential?.schedule, "Differential base backup");
  at("backup-incr", keeper, backup.base?.incremental?.schedule, "Incremental base backup");
  at("verify", keeper, backup.base && backup.verification.schedule, "Verification of backups and archive");
  at("drill-restore", keeper, drills.restore?.schedule, "Restore drill");
  // Not at another time than was declared: one kills the primary, both want a site that has come to rest.
  at("drill-failover", witness, drills.failover?.schedule, "Failover drill", false);
  at("drill-site", witness, drills.site?.schedule, "Site drill", false);
  return list;
}
