import { textOf } from "../../node.js";
import { forEach, type Rule } from "../../rule.js";
import { longestGap } from "../../text/cron.js";
import { forEachCluster, isGiven, objectRule, objectsRule, some, textsOf, type Kind } from "./object.js";

const CLUSTER: Kind = "postgresql.cnpg.io/Cluster";
const SCHEDULED: Kind = "postgresql.cnpg.io/ScheduledBackup";
const DAY = 86_400;

/** Clusters that the operator CloudNativePG makes. */
export const cloudNativePgRules: readonly Rule[] = [
  objectRule({
    id: "cnpg-instances",
    title: "A CloudNativePG Cluster has three instances, and waits for fewer than it has standbys.",
    severity: "high",
    level: "mandatory",
    kinds: [CLUSTER],
    why: "With one there is nothing to fail over to; with two, one lost instance ends either redundancy or, with synchronous replication, writing.",
    fix: "instances: 3 or more; postgresql.synchronous.number below the number of standbys.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    parameters: { instances: { what: "fewest instances of a cluster", unit: "", default: 3, minimum: 2 } },
    judge: ({ spec, partial }, find, { instances: least }) => {
      const instances = spec.at("instances");
      if (instances.value === undefined && partial) return;
      const count = typeof instances.value === "number" ? instances.value : 0;
      if (count < least) find(`${textOf(instances.value ?? "no number of")} instances`, instances);
      const synchronous = spec.at("postgresql").at("synchronous");
      // With "preferred" the operator waits for fewer when there are fewer.
      const waits = [
        ...(synchronous.text("dataDurability") === "preferred" ? [] : [synchronous.at("number")]),
        spec.at("minSyncReplicas"),
      ];
      for (const wait of waits)
        if (typeof wait.value === "number" && wait.value > 0 && wait.value >= count - 1)
          find(`waits for ${wait.value} of ${count - 1} standbys: one lost standby ends writing`, wait);
    },
  }),
  objectRule({
    id: "cnpg-archived",
    title: "A CloudNativePG Cluster archives its WAL.",
    severity: "critical",
    level: "mandatory",
    kinds: [CLUSTER],
    why: "Without an archive a backup is a point in the past, and everything after it is lost.",
    fix: "plugins with barman-cloud.cloudnative-pg.io and isWALArchiver: true (the object store in the Cluster itself goes with 1.31).",
    controls: ["CIS PostgreSQL 7.4", "SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ spec, partial }, find) => {
      const plugin = some(
        spec.list("plugins"),
        (each) => each.at("isWALArchiver").value === true && each.at("enabled").value !== false,
      );
      if (!partial && !plugin && !spec.at("backup").has("barmanObjectStore"))
        find("nothing archives WAL", spec.at("plugins"));
    },
  }),
  objectsRule({
    id: "cnpg-backup-scheduled",
    title: "Every CloudNativePG Cluster has a ScheduledBackup, daily at least.",
    severity: "critical",
    level: "mandatory",
    why: "The operator makes no base backup by itself; an archive without one restores nothing.",
    fix: 'a ScheduledBackup for the Cluster in its namespace, schedule "0 0 2 * * *" (six fields), not suspended.',
    controls: ["CIS PostgreSQL 7.3", "SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) =>
        forEach(
          objects.filter(({ kind, partial }) => kind === CLUSTER && !partial),
          (cluster) => {
            const scheduled = some(
              objects.filter(({ kind }) => kind === SCHEDULED),
              ({ spec, namespace }) =>
                namespace === cluster.namespace &&
                spec.at("cluster").text("name") === cluster.name &&
                spec.at("suspend").value !== true &&
                (longestGap(spec.text("schedule") ?? "", { seconds: true }) ?? Infinity) <= DAY,
            );
            if (!scheduled) find(`nothing backs ${cluster.title} up each day`, cluster.resource);
          },
        ),
      ),
  }),
  objectRule({
    id: "cnpg-schedule-runs",
    title: "A ScheduledBackup has six fields that come, and its backups outlive it.",
    severity: "high",
    level: "mandatory",
    kinds: [SCHEDULED],
    why: "The first field is seconds: five fields of cron mean something else or nothing. With an owner a deleted object takes its backups' records along.",
    fix: 'schedule: "0 0 2 * * *", backupOwnerReference: none, suspend: false.',
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ spec, partial }, find) => {
      const schedule = spec.at("schedule");
      if (spec.at("suspend").value === true) find("suspended", spec.at("suspend"));
      const owner = spec.at("backupOwnerReference");
      if (owner.value === "self" || owner.value === "cluster") find("backups go with their owner", owner);
      if (schedule.value === undefined && partial) return;
      if (
        longestGap(typeof schedule.value === "string" ? schedule.value : "", { seconds: true }) === undefined
      )
        find(`${textOf(schedule.value ?? "nothing")} is no schedule of six fields that ever runs`, schedule);
    },
  }),
  objectRule({
    id: "cnpg-superuser-closed",
    title: "Nobody logs in to a CloudNativePG Cluster as superuser, or changes its settings from inside.",
    severity: "high",
    level: "mandatory",
    kinds: [CLUSTER],
    why: "A superuser with a password is a shell on the server for whoever reads the Secret; ALTER SYSTEM changes what the declaration says.",
    fix: "leave enableSuperuserAccess and postgresql.enableAlterSystem at false; no managed role with superuser or bypassrls.",
    controls: ["CIS PostgreSQL 4.3", "PCI DSS 7.2.2", "ISO 27001 A.8.2"],
    judge: ({ spec }, find) => {
      const access = spec.at("enableSuperuserAccess");
      if (access.value === true) find("the superuser may log in", access);
      const alter = spec.at("postgresql").at("enableAlterSystem");
      if (alter.value === true) find("ALTER SYSTEM is allowed", alter);
      forEach(spec.at("managed").list("roles"), (role) => {
        for (const key of ["superuser", "bypassrls"])
          if (role.at(key).value === true) find(`a role is given ${key}`, role);
        const groups = textsOf(role.list("inRoles")).filter((each) =>
          /^pg_(?:execute_server_program|read_server_files|write_server_files)$/.test(each),
        );
        if (groups.length > 0) find(`a role is given ${groups.join(", ")}`, role);
      });
    },
  }),
  objectRule({
    id: "cnpg-image-named",
    title: "A CloudNativePG Cluster names its image.",
    severity: "medium",
    level: "mandatory",
    kinds: [CLUSTER],
    why: "Without a word the operator's release decides which PostgreSQL runs, and its next release changes it.",
    fix: "imageName with version and digest, or imageCatalogRef.",
    controls: ["CIS Kubernetes 5.5.1", "ISO 27001 A.8.9"],
    judge: ({ spec, partial }, find) => {
      if (!partial && !some(["imageName", "imageCatalogRef"], (key) => isGiven(spec.at(key))))
        find("no image is named", spec.at("imageName"));
    },
  }),
];
