import { leastRepository } from "../repository-size.js";
import { longestInterval } from "../schedule.js";
import { formatDuration, formatSize } from "../units.js";
import { choice, report, type Check } from "./check.js";

/** Contradictions between objectives, backup, replication, failover and sites. */
export const recoveryChecks: readonly Check[] = [
  {
    needs: ["sites", "backup"],
    find: ({ sites, backup }, problems) => {
      const path = ["backup", "repository", "site"];
      const site = sites.find(({ name }) => name === backup.repository.site);
      const others = sites.filter(({ role }) => role !== "primary").map(({ name }) => name);
      if (site === undefined)
        report(problems, path, backup.repository.site, "is not a declared site", choice(others));
      else if (site.role === "primary")
        report(
          problems,
          path,
          site.name,
          "is the primary's site, so one loss takes database and backup",
          choice(others),
        );
    },
  },
  {
    needs: ["backup"],
    find: ({ backup }, problems) => {
      const { base, vmSnapshot, wal } = backup;
      if (base !== undefined && wal === undefined)
        report(
          problems,
          ["backup", "wal"],
          undefined,
          "is missing, and a base backup cannot be restored without its WAL",
          "backup.wal",
        );
      if (wal !== undefined && base === undefined)
        report(
          problems,
          ["backup", "base"],
          undefined,
          "is missing, and a WAL archive needs a base backup to start from",
          "backup.base",
        );
      for (const [level, found] of [
        ["vmSnapshot", vmSnapshot],
        ["base", base],
      ] as const) {
        if (found === undefined) continue;
        const cron = "full" in found ? found.full.schedule : found.schedule;
        const gap = longestInterval(cron);
        if (gap > found.retention.age)
          report(
            problems,
            ["backup", level, "retention", "age"],
            formatDuration(found.retention.age),
            `is shorter than the longest gap between two runs (${formatDuration(gap)})`,
            `at least ${formatDuration(gap)}`,
          );
      }
    },
  },
  {
    needs: ["cluster", "backup"],
    find: ({ cluster, backup }, problems) => {
      const { size } = backup.repository;
      const least = leastRepository({ cluster, backup });
      if (size !== undefined && size < least)
        report(
          problems,
          ["backup", "repository", "size"],
          formatSize(size),
          "cannot hold the full backups kept and the copy of a restore drill",
          `at least ${formatSize(least)}`,
        );
    },
  },
  {
    needs: ["cluster", "replication"],
    find: ({ cluster, replication }, problems) => {
      const standbys = cluster.members.length - 1;
      if (replication.mode === "async") {
        if (replication.strict)
          report(
            problems,
            ["replication", "strict"],
            true,
            "has no meaning with mode async",
            "mode sync or quorum, or strict: false",
          );
        return;
      }
      if (standbys === 0)
        report(
          problems,
          ["replication", "mode"],
          replication.mode,
          "needs a standby",
          "a second member, or mode async",
        );
      else if (replication.synchronous > standbys)
        report(
          problems,
          ["replication", "synchronous"],
          replication.synchronous,
          `is more than the ${standbys} standby${standbys === 1 ? "" : "s"} declared`,
          `at most ${standbys}`,
        );
    },
  },
  {
    needs: ["objectives", "replication"],
    find: ({ objectives, replication }, problems) => {
      if (objectives.rpo === 0 && replication.mode === "async")
        report(
          problems,
          ["objectives", "rpo"],
          "0 s",
          "cannot be held by asynchronous replication",
          "replication.mode sync or quorum, or an RPO above 0 s",
        );
    },
  },
  {
    needs: ["failover"],
    find: ({ platform, failover }, problems) => {
      // There is no Patroni on Kubernetes.
      if (platform === "kubernetes") return;
      const { ttl, loopWait, retryTimeout } = failover;
      // Patroni's own rule; a violating configuration is silently adjusted by it.
      if (loopWait + 2 * retryTimeout > ttl)
        report(
          problems,
          ["failover", "ttl"],
          formatDuration(ttl),
          "is less than loopWait + 2 x retryTimeout",
          `at least ${formatDuration(loopWait + 2 * retryTimeout)}`,
        );
      if (failover.mode === "automatic" && failover.watchdog === "off" && !failover.fencing)
        report(
          problems,
          ["failover", "mode"],
          failover.mode,
          "has neither watchdog nor fencing: two primaries could write",
          "watchdog: required, or fencing: true, or mode: manual",
        );
    },
  },
  {
    needs: ["cluster", "sites", "failover"],
    find: ({ platform, cluster, sites, failover }, problems) => {
      if (failover.mode !== "automatic" || platform === "kubernetes") return;
      if (cluster.members.length < 2)
        report(
          problems,
          ["failover", "mode"],
          "automatic",
          "needs a standby to promote",
          "a second member, or mode manual",
        );
      if (sites.length < 3)
        report(
          problems,
          ["failover", "mode"],
          "automatic",
          `cannot decide with ${sites.length} site${sites.length === 1 ? "" : "s"}`,
          "a third site with role witness, or mode manual",
        );
      const voters = cluster.members.length + sites.filter(({ role }) => role === "witness").length;
      if (cluster.members.length >= 2 && voters % 2 === 0)
        report(
          problems,
          ["cluster", "members"],
          cluster.members,
          `and the witness make ${voters} voters, an even number`,
          "one member more or less",
        );
    },
  },
  {
    needs: ["sites", "cluster", "replication"],
    find: ({ sites, cluster, replication }, problems) => {
      const { vm } = replication;
      if (vm === undefined) return;
      const fit = sites.filter(({ role }) => role === "standby").map(({ name }) => name);
      if (!fit.includes(vm.to))
        report(problems, ["replication", "vm", "to"], vm.to, "is not a standby site", choice(fit));
      else if (cluster.members.every(({ site }) => site === vm.to))
        report(
          problems,
          ["replication", "vm", "to"],
          vm.to,
          "holds every member already",
          "a site that lacks some member",
        );
    },
  },
  {
    needs: ["sites", "cluster", "capacity"],
    find: ({ sites, cluster, capacity }, problems) => {
      if (capacity === undefined) return;
      const fit = sites.filter(({ role }) => role === "standby").map(({ name }) => name);
      if (!fit.includes(capacity.site))
        report(problems, ["capacity", "site"], capacity.site, "is not a standby site", choice(fit));
      const { cpus, memory } = cluster.sizing;
      if (capacity.cpus < cpus)
        report(
          problems,
          ["capacity", "cpus"],
          capacity.cpus,
          "is less than one member has",
          `at least ${cpus}`,
        );
      if (capacity.memory < memory)
        report(
          problems,
          ["capacity", "memory"],
          formatSize(capacity.memory),
          "is less than one member has",
          `at least ${formatSize(memory)}`,
        );
    },
  },
  {
    needs: ["drills", "backup", "cluster"],
    find: ({ platform, drills, backup, cluster, replication }, problems) => {
      if (drills.restore !== undefined && backup.base === undefined)
        report(
          problems,
          ["drills", "restore"],
          drills.restore,
          "has no backup to restore",
          "backup.base and backup.wal",
        );
      if (drills.failover !== undefined && cluster.members.length < 2)
        report(
          problems,
          ["drills", "failover"],
          drills.failover,
          "has no standby to promote",
          "a second member",
        );
      // On Kubernetes there are no such drills at all, which is said elsewhere.
      if (platform === "kubernetes") return;
      if (drills.site !== undefined && replication !== undefined && replication.vm === undefined)
        report(problems, ["drills", "site"], drills.site, "has no replica to start", "replication.vm");
    },
  },
];
