import type { BackupPlan, StorageLocation, VeleroBackup, VeleroCluster } from "../../ports/index.js";
import { backupFaults, hasEnded } from "./judge.js";

/** A backup as a cluster shows it. */
export interface BackupView {
  readonly name: string;
  readonly schedule: string | undefined;
  readonly phase: string;
  /** Seconds since it was started. */
  readonly age: number | undefined;
  /** Seconds that it took. */
  readonly took: number | undefined;
  /** Seconds until Velero removes it. */
  readonly left: number | undefined;
  readonly good: boolean;
  readonly faults: readonly string[];
}

/** Velero in one cluster. */
export interface SiteView {
  readonly site: string;
  readonly locations: readonly StorageLocation[];
  readonly schedules: readonly BackupPlan[];
  /** From old to new. */
  readonly backups: readonly BackupView[];
}

export interface VeleroStatus {
  readonly ok: boolean;
  readonly sites: readonly SiteView[];
  /** What is not as it must be, one sentence each. */
  readonly problems: readonly string[];
}

/** Looks at Velero in every cluster; changes nothing. */
export async function veleroStatus(clusters: readonly VeleroCluster[], now: Date): Promise<VeleroStatus> {
  const sites: SiteView[] = [];
  const problems: string[] = [];
  for (const cluster of clusters) {
    try {
      const view = await viewOf(cluster, now);
      sites.push(view);
      problems.push(...problemsOf(view));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  problems.push(...unseen(sites));
  return { ok: problems.length === 0, sites, problems };
}

async function viewOf(cluster: VeleroCluster, now: Date): Promise<SiteView> {
  const backups = await cluster.backups();
  return {
    site: cluster.site,
    locations: await cluster.locations(),
    schedules: await cluster.schedules(),
    backups: backups.map((backup) => seen(backup, now.getTime())),
  };
}

function seen(backup: VeleroBackup, now: number): BackupView {
  const { name, schedule, phase, started, ended, expires } = backup;
  const faults = hasEnded(backup) ? backupFaults(backup) : [];
  return {
    name,
    schedule,
    phase,
    age: started === undefined ? undefined : (now - started) / 1000,
    took: started === undefined || ended === undefined ? undefined : (ended - started) / 1000,
    left: expires === undefined ? undefined : (expires - now) / 1000,
    good: hasEnded(backup) && faults.length === 0,
    faults,
  };
}

function problemsOf({ site, locations, schedules, backups }: SiteView): string[] {
  return [
    ...(locations.length === 0 ? [`site ${site} has no location of backups`] : []),
    ...locations
      .filter(({ phase }) => phase !== "Available")
      .map(({ name, phase }) => `location ${name} of site ${site} is ${phase || "not looked at yet"}`),
    ...schedules.flatMap(({ name, phase, paused, problems }) => [
      ...(phase === "Enabled"
        ? []
        : [`schedule ${name} of site ${site} is ${[phase || "not looked at yet", ...problems].join(": ")}`]),
      ...(paused ? [`schedule ${name} of site ${site} is paused`] : []),
      ...newestOf(site, name, backups),
    ]),
  ];
}

/** A schedule whose newest backup is bad, or that has none that is good. */
function newestOf(site: string, schedule: string, backups: readonly BackupView[]): string[] {
  const ended = backups.filter((each) => each.schedule === schedule && (each.good || each.faults.length > 0));
  const newest = ended.at(-1);
  if (newest === undefined) return [`schedule ${schedule} of site ${site} has no backup`];
  const rest = ended.some(({ good }) => good) ? "" : ", and none before it is";
  return newest.good
    ? []
    : [`the newest backup of ${schedule}, ${newest.name}, is not good: ${newest.faults.join("; ")}${rest}`];
}

/** The newest good backup of each cluster that writes must be known to those that read. */
function unseen(sites: readonly SiteView[]): string[] {
  const readers = sites.filter(({ locations }) => locations.some(({ access }) => access === "ReadOnly"));
  return sites.flatMap(({ site, schedules, backups }) =>
    schedules.flatMap(({ name }) => {
      const newest = backups.findLast((each) => each.schedule === name && each.good);
      if (newest === undefined) return [];
      return readers
        .filter((reader) => reader.site !== site && !reader.backups.some((each) => each.name === newest.name))
        .map((reader) => `site ${reader.site} does not see ${newest.name} of site ${site} yet`);
    }),
  );
}
