import { cnpgReserves } from "../cnpg.js";
import { ownerOfParameter } from "../parameters.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

/** Weekday 7, which the operator's schedules do not know: there Sunday is 0. */
const SUNDAY_AS_7 = /(?:^|[,-])7(?:$|[,/])/;

/** Contradictions about CloudNativePG. */
export const cnpgChecks: readonly Check[] = [
  {
    needs: ["kubernetes"],
    find: ({ kubernetes: { engine, cnpg, sites, primary, ...safeguards } }, problems) => {
      const path = ["kubernetes", "cnpg"];
      if (engine === "cnpg" && cnpg === undefined)
        report(
          problems,
          path,
          undefined,
          "is missing, and engine cnpg needs it",
          "secrets and store, by name",
        );
      for (const part of ["velero", "falco"] as const)
        if (engine === "cnpg" && safeguards[part] !== undefined)
          report(
            problems,
            ["kubernetes", part],
            safeguards[part],
            "is not placed beside engine cnpg by the cluster",
            "no such section, and the component of its own (docs/kubernetes-cnpg.md)",
          );
      if (engine !== "cnpg" && cnpg !== undefined)
        report(
          problems,
          path,
          cnpg,
          `has no meaning with engine ${engine}`,
          "engine: cnpg, or no such section",
        );
      sites.forEach(({ exchange }, i) => {
        const at = ["kubernetes", "sites", i, "exchange", "host"];
        if (engine === "cnpg" && exchange !== undefined && exchange.host === undefined)
          report(
            problems,
            at,
            undefined,
            "is missing, and members of other sites have no name to check",
            "the name of the load balancer's address",
          );
        if (engine !== "cnpg" && exchange?.host !== undefined)
          report(problems, at, exchange.host, `is not used by engine ${engine}`, "no such setting");
      });
      const hosts = sites.flatMap(({ exchange }, i) =>
        exchange?.host === undefined ? [] : [[exchange.host, i] as const],
      );
      reportRepeated(
        problems,
        hosts.map(([host]) => host),
        (n) => ["kubernetes", "sites", hosts[n]?.[1] ?? 0, "exchange", "host"],
        "a load balancer's name",
      );
      if (engine === "cnpg" && primary !== undefined && primary.lost.length > 0)
        report(
          problems,
          ["kubernetes", "primary", "lost"],
          primary.lost,
          "has no meaning with engine cnpg: its handover says it",
          "handover: { step: failover }",
        );
      if (engine !== "cnpg" && primary?.handover !== undefined)
        report(
          problems,
          ["kubernetes", "primary", "handover"],
          primary.handover,
          `has no meaning with engine ${engine}: the declared member promotes itself`,
          "no such setting",
        );
    },
  },
  {
    needs: ["kubernetes", "cluster", "sites"],
    find: ({ kubernetes, cluster, sites }, problems) => {
      const { engine, primary } = kubernetes;
      if (engine !== "cnpg" || primary === undefined) return;
      const home = sites.find(({ role }) => role === "primary")?.name;
      const leads = sites
        .filter(({ name, role }) => name !== home && role !== "witness")
        .flatMap(({ name }) => cluster.members.find(({ site }) => site === name)?.name ?? []);
      if (cluster.members.some(({ name }) => name === primary.member) && !leads.includes(primary.member))
        report(
          problems,
          ["kubernetes", "primary", "member"],
          primary.member,
          "is not the first member of another site, and within a site CloudNativePG chooses",
          choice(leads),
        );
      if (primary.handover === undefined)
        report(
          problems,
          ["kubernetes", "primary", "handover"],
          undefined,
          "is missing: without a token the old primary's cluster would be lost",
          "step: demote, then step: promote with its token; or step: failover when it is lost",
        );
    },
  },
  {
    needs: ["kubernetes", "cluster", "replication"],
    find: ({ kubernetes, cluster, replication }, problems) => {
      if (kubernetes.engine !== "cnpg") return;
      for (const [key, value] of Object.entries(cluster.parameters)) {
        const reserved = cnpgReserves(key);
        if (reserved !== undefined && ownerOfParameter(key) === undefined)
          report(
            problems,
            ["cluster", "parameters", key],
            value,
            `is ${reserved} by CloudNativePG, which refuses a Cluster that names it`,
            "no such setting, or engine: statefulset",
          );
      }
      cluster.roles.forEach(({ name }, i) => {
        if (name === "streaming_replica" || name.startsWith("cnpg_"))
          report(
            problems,
            ["cluster", "roles", i, "name"],
            name,
            "is a role of CloudNativePG's own",
            "another name, not streaming_replica and not beginning with cnpg_",
          );
      });
      const [, ...more] = cluster.databases;
      if (more.length > 0)
        report(
          problems,
          ["cluster", "databases"],
          cluster.databases.map(({ name }) => name),
          "are several, and CloudNativePG grants rights in the one that it makes with the cluster",
          "one database, and a cluster for each other one",
        );
      kubernetes.sites.forEach(({ site }) => {
        const standbys = cluster.members.filter((member) => member.site === site).length - 1;
        if (replication.mode !== "async" && replication.synchronous > standbys)
          report(
            problems,
            ["replication", "synchronous"],
            replication.synchronous,
            `is more than the ${standbys} standbys at site ${site}, and those of other sites never confirm`,
            "fewer, more members there, or mode: async",
          );
      });
    },
  },
  {
    needs: ["kubernetes", "backup"],
    find: ({ kubernetes, backup }, problems) => {
      if (kubernetes.engine !== "cnpg") return;
      const { base, wal } = backup;
      const path = ["backup", "base"];
      // One without the other is wrong on every platform.
      if (base === undefined && wal === undefined)
        for (const section of ["base", "wal"])
          report(
            problems,
            ["backup", section],
            undefined,
            "is missing, and CloudNativePG archives WAL whatever is declared",
            `backup.${section}`,
          );
      for (const level of ["full", "differential", "incremental"] as const) {
        const declared = base?.[level];
        if (declared !== undefined && level !== "full")
          report(
            problems,
            [...path, level],
            declared.schedule,
            "is not possible with engine cnpg: Barman Cloud takes full backups alone",
            "no such setting, and full as often as it must be",
          );
        if (declared !== undefined && SUNDAY_AS_7.test(declared.schedule.split(" ")[4] ?? ""))
          report(
            problems,
            [...path, level, "schedule"],
            declared.schedule,
            "calls Sunday 7, which CloudNativePG does not know",
            "0 for Sunday",
          );
      }
    },
  },
];
