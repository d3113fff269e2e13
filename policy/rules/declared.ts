import type { Control } from "../controls.js";
import { CLUSTERS, declaredIn } from "../declared.js";
import {
  formatDuration,
  formatSize,
  KNOWN_MINORS,
  longestInterval,
  shortestGapAfter,
  type Environment,
} from "../../components/declaration/index.js";
import { ASSUMPTIONS, unmet } from "../../components/recovery/index.js";
import type { Parameters, Values } from "../parameters.js";
import { resourceRule, type ResourceRule, type Rule, type Severity } from "../rule.js";

/** Seconds. */
const HOUR = 3600;
const DAY = 24 * HOUR;

interface DeclaredRule<P extends Parameters> {
  readonly id: string;
  readonly title: string;
  readonly severity?: Severity;
  readonly why: string;
  readonly fix: string;
  readonly controls: readonly Control[];
  readonly parameters?: P;
  /** `at` is the place in the declaration. */
  readonly judge: (
    environment: Environment,
    find: (problem: string, at: string) => void,
    values: Values<P>,
  ) => void;
}

/** A rule about the declaration of a cluster: it blocks before anything of the cluster is made. */
function declaredRule<const P extends Parameters = Record<never, never>>(
  rule: DeclaredRule<P>,
): ResourceRule {
  return resourceRule<P>({
    severity: "high",
    ...rule,
    level: "mandatory",
    types: [CLUSTERS],
    judge: (cluster, find, values) => {
      const declared = declaredIn(cluster);
      if (declared === undefined) return find("no valid declaration is among the arguments", ".environment");
      rule.judge(declared.environment, (problem, at) => find(problem, `.environment.${at}`), values);
    },
  });
}

/** Schedules of all levels of the base backup. */
function schedulesOf({
  full,
  differential,
  incremental,
}: NonNullable<Environment["backup"]["base"]>): string[] {
  return [full, differential, incremental].flatMap((level) => (level === undefined ? [] : [level.schedule]));
}

/** What the declaration of a cluster must promise. */
export const declaredRules: readonly Rule[] = [
  declaredRule({
    id: "objectives-achieved",
    title: "The declared schedules and settings achieve the declared objectives.",
    severity: "critical",
    why: "An objective that the declaration itself rules out is found in the disaster.",
    fix: "shorten what the sum shows to be long, or declare the objective that is true.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.5.30"],
    judge: (environment, find) => {
      for (const { objective, failure, text } of unmet(environment)) {
        const restore = failure === "operatorError" || failure === "corruption" ? "restore." : "";
        find(text, `objectives.${restore}${objective}`);
      }
    },
  }),
  declaredRule({
    id: "backup-levels",
    title: "VM snapshot, base backup and WAL archive are all declared.",
    severity: "critical",
    why: "Each covers what the others cannot: the whole machine, the database by itself, the last minute.",
    fix: "backup.vmSnapshot, backup.base and backup.wal.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ backup }, find) => {
      for (const level of ["vmSnapshot", "base", "wal"] as const)
        if (backup[level] === undefined) find("this level of backup is missing", `backup.${level}`);
    },
  }),
  declaredRule({
    id: "backup-encrypted-elsewhere",
    title: "The backup repository is encrypted and away from the primary.",
    severity: "critical",
    why: "A backup at the primary's site goes with it, and one in clear is a copy of the database for whoever finds it.",
    fix: "backup.repository.encryption aes-256-cbc and a site that is not the primary's.",
    controls: ["PCI DSS 3.5.1", "PCI DSS 9.4.1.1", "ISO 27001 A.8.13"],
    judge: ({ backup, sites }, find) => {
      if (backup.repository.encryption === "none")
        find("the repository is not encrypted", "backup.repository.encryption");
      const primary = sites.find(({ role }) => role === "primary")?.name;
      if (backup.repository.site === primary)
        find(`site ${primary} is the primary's`, "backup.repository.site");
    },
  }),
  declaredRule({
    id: "backup-kept",
    title: "Copies are kept a week at least, and never fewer than two.",
    why: "Corruption is often noticed days later.",
    fix: "retention.age of 7 d or more and retention.count of 2 or more.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    parameters: {
      days: { what: "shortest age up to which copies are kept", unit: "days", default: 7, minimum: 1 },
      copies: { what: "smallest number of copies that always stay", unit: "", default: 2, minimum: 1 },
    },
    judge: ({ backup }, find, { days, copies }) => {
      for (const level of ["vmSnapshot", "base"] as const) {
        const retention = backup[level]?.retention;
        if (retention === undefined) continue;
        if (retention.age < days * DAY)
          find(`kept ${formatDuration(retention.age)} only`, `backup.${level}.retention.age`);
        if (retention.count < copies)
          find(
            `${retention.count} may stay alone, and that may be the bad one`,
            `backup.${level}.retention.count`,
          );
      }
    },
  }),
  declaredRule({
    id: "backups-frequent",
    title: "Each level of backup runs often enough.",
    why: "The older the copy, the longer the replay after it, and the more of its chain must be sound.",
    fix: "backup.base.full at least weekly, one of its levels and backup.vmSnapshot at least daily.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13", "CIS PostgreSQL 7.3"],
    parameters: {
      fullDays: { what: "longest time between two full backups", unit: "days", default: 7, minimum: 1 },
      baseHours: {
        what: "longest time between two backups of any level",
        unit: "hours",
        default: 24,
        minimum: 1,
      },
      snapshotHours: {
        what: "longest time between two VM snapshots",
        unit: "hours",
        default: 24,
        minimum: 1,
      },
    },
    judge: ({ backup }, find, { fullDays, baseHours, snapshotHours }) => {
      const gap = (crons: readonly string[], most: number, at: string): void => {
        const longest = longestInterval(...crons);
        if (longest > most) find(`every ${formatDuration(longest)} only`, at);
      };
      if (backup.base !== undefined) {
        gap([backup.base.full.schedule], fullDays * DAY, "backup.base.full.schedule");
        gap(schedulesOf(backup.base), baseHours * HOUR, "backup.base");
      }
      if (backup.vmSnapshot !== undefined)
        gap([backup.vmSnapshot.schedule], snapshotHours * HOUR, "backup.vmSnapshot.schedule");
    },
  }),
  declaredRule({
    id: "backup-fits-interval",
    title: "A full backup is done before the next backup begins.",
    why: "A backup that is still running makes the next one fail: the schedule on paper is not the one that is kept.",
    fix: "more time after the full backup, or backup.base.parallelism.",
    controls: ["SOC 2 A1.1", "SOC 2 A1.2", "ISO 27001 A.8.6"],
    parameters: {
      percent: {
        what: "most of the time until the next backup that a full one may take",
        unit: "%",
        default: 80,
        minimum: 1,
        maximum: 100,
      },
    },
    judge: ({ backup, cluster }, find, { percent }) => {
      if (backup.base === undefined) return;
      const { full, parallelism } = backup.base;
      const data = cluster.sizing.disks.data;
      // Backup and restore move the same bytes through the same processes; only the restore was measured.
      const rate = Math.min(parallelism * ASSUMPTIONS.restoreProcess.value, ASSUMPTIONS.restoreLink.value);
      const takes = data / rate;
      const room = shortestGapAfter(full.schedule, schedulesOf(backup.base));
      if (takes > (room * percent) / 100)
        find(
          `${formatSize(data)} at ${formatSize(rate)}/s take ${formatDuration(Math.ceil(takes))}, and the next backup begins after ${formatDuration(room)}`,
          "backup.base.full.schedule",
        );
    },
  }),
  declaredRule({
    id: "evidence-kept",
    title: "The evidence of drills is kept for a year.",
    severity: "medium",
    why: "An audit asks for the whole period, not for the newest drill.",
    fix: "drills.evidence.retention of 365 d or more.",
    controls: ["SOC 2 A1.3", "PCI DSS 10.5.1", "ISO 27001 A.5.33"],
    parameters: {
      days: { what: "shortest time that records are kept", unit: "days", default: 365, minimum: 30 },
    },
    judge: ({ drills }, find, { days }) => {
      const { retention } = drills.evidence;
      if (retention < days * DAY) find(`kept ${formatDuration(retention)} only`, "drills.evidence.retention");
    },
  }),
  declaredRule({
    id: "backup-verified",
    title: "Backups are verified each day.",
    why: "A backup that was never read is a hope; the tool's exit code is not proof.",
    fix: "backup.verification.schedule at least daily.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    parameters: {
      hours: { what: "longest time between two verifications", unit: "hours", default: 24, minimum: 1 },
    },
    judge: ({ backup }, find, { hours }) => {
      const gap = longestInterval(backup.verification.schedule);
      if (gap > hours * HOUR)
        find(`verified every ${formatDuration(gap)} only`, "backup.verification.schedule");
    },
  }),
  declaredRule({
    id: "drills-scheduled",
    title: "Restore and failover are drilled each month.",
    why: "Recovery that is not practised does not work, and nobody can show that it would.",
    fix: "drills.restore, drills.failover and, with replicas, drills.site, at least monthly.",
    controls: ["SOC 2 A1.3", "ISO 27001 A.5.30", "PCI DSS 12.10.2"],
    parameters: {
      // The longest month: "monthly" never means more.
      days: { what: "longest time between two drills of a kind", unit: "days", default: 31, minimum: 1 },
    },
    judge: ({ platform, drills, cluster, replication }, find, { days }) => {
      const wanted = [
        ["restore", true],
        // On Kubernetes a promotion is a reviewed change, which no timer makes.
        ["failover", cluster.members.length > 1 && platform !== "kubernetes"],
        ["site", replication.vm !== undefined],
      ] as const;
      for (const [drill, needed] of wanted) {
        const schedule = drills[drill]?.schedule;
        if (schedule === undefined) {
          if (needed) find("this drill is not scheduled", `drills.${drill}`);
        } else if (longestInterval(schedule) > days * DAY)
          find(`drilled every ${formatDuration(longestInterval(schedule))} only`, `drills.${drill}.schedule`);
      }
    },
  }),
  declaredRule({
    id: "second-site",
    title: "The cluster outlives its primary site, with a witness to decide.",
    why: "One failure domain is one disaster; two without a third cannot tell a dead site from a cut line.",
    fix: "a standby site with a member, and a witness site.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: ({ platform, sites, cluster, failover }, find) => {
      const places = new Set(cluster.members.map(({ site }) => site));
      if (places.size < 2) find("every member is at one site", "cluster.members");
      // CloudNativePG decides within one cluster, by that cluster's own quorum.
      const decides = failover.mode === "automatic" && platform !== "kubernetes";
      if (decides && !sites.some(({ role }) => role === "witness"))
        find("no witness decides an automatic failover", "sites");
    },
  }),
  declaredRule({
    id: "capacity-reserved",
    title: "The standby site keeps room for the primary.",
    why: "A failover or a replica finds no machine on a full site.",
    fix: "capacity with the standby site and at least the size of one member.",
    controls: ["SOC 2 A1.1", "ISO 27001 A.8.6", "ISO 27001 A.8.14"],
    judge: ({ sites, capacity, cluster }, find) => {
      if (!sites.some(({ role }) => role === "standby")) return;
      if (capacity === undefined) return find("nothing is reserved", "capacity");
      const { cpus, memory } = cluster.sizing;
      if (capacity.cpus < cpus || capacity.memory < memory)
        find("less than one member has is reserved", "capacity");
    },
  }),
  declaredRule({
    id: "old-primary-fenced",
    title: "The old primary cannot write after a failover.",
    severity: "critical",
    why: "Two primaries that both accept writes lose one half for good.",
    fix: "failover.fencing: true and failover.watchdog: required.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: ({ platform, failover, cluster }, find) => {
      // On Kubernetes nobody powers nodes off: people promote, who have seen to it, or an operator that deletes the old pod first.
      if (cluster.members.length < 2 || platform === "kubernetes") return;
      if (!failover.fencing) find("the old primary is not powered off", "failover.fencing");
      if (failover.mode === "automatic" && failover.watchdog === "off")
        find("no watchdog stops a primary that lost its lease", "failover.watchdog");
    },
  }),
  declaredRule({
    id: "minor-version-safe",
    title: "The server runs a minor version without known serious defects.",
    why: "17.10 and 18.4 fixed eleven vulnerabilities, among them one in pg_basebackup and pg_rewind; 17.11 and 18.6 are what is current.",
    fix: `cluster.version ${Object.entries(KNOWN_MINORS)
      .map(([major, minor]) => `${major}.${minor}`)
      .join(" or ")}, or newer.`,
    controls: ["PCI DSS 6.3.3", "CIS PostgreSQL 1.5", "ISO 27001 A.8.8"],
    judge: ({ cluster }, find) => {
      const { major, minor } = cluster.version;
      if (minor < KNOWN_MINORS[major])
        find(`${major}.${minor} is older than ${major}.${KNOWN_MINORS[major]}`, "cluster.version");
    },
  }),
];
