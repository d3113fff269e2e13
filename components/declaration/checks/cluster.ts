import { isKnown } from "../known-parameters.js";
import { ownerOfParameter } from "../parameters.js";
import { ownerOf } from "../cluster.js";
import { maxConnections, openConnections, RESERVED_CONNECTIONS } from "../connections.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

/** Role names that pgkeep creates itself. */
export const RESERVED_ROLES = [
  "postgres",
  "replicator",
  "backup",
  "rewind",
  "maint",
  "public",
  "none",
  "user",
];

/** Contradictions inside the cluster and between it and the sites. */
export const clusterChecks: readonly Check[] = [
  {
    needs: ["cluster"],
    find: ({ cluster }, problems) => {
      reportRepeated(
        problems,
        cluster.members.map((m) => m.name),
        (i) => ["cluster", "members", i, "name"],
        "a member's name",
      );
      reportRepeated(
        problems,
        cluster.databases.map((d) => d.name),
        (i) => ["cluster", "databases", i, "name"],
        "a database's name",
      );
      reportRepeated(
        problems,
        cluster.roles.map((r) => r.name),
        (i) => ["cluster", "roles", i, "name"],
        "a role's name",
      );
    },
  },
  {
    needs: ["cluster"],
    find: ({ cluster }, problems) => {
      const owners = new Set(cluster.databases.map(ownerOf));
      const names = cluster.databases.map((database) => database.name);
      cluster.databases.forEach((database, i) => {
        if (["postgres", "template0", "template1"].includes(database.name))
          report(
            problems,
            ["cluster", "databases", i, "name"],
            database.name,
            "is a system database",
            "a name of your own",
          );
        if (RESERVED_ROLES.includes(ownerOf(database)))
          report(
            problems,
            ["cluster", "databases", i, "owner"],
            ownerOf(database),
            "is a role that pgkeep owns",
            "another name",
          );
      });
      cluster.roles.forEach((role, i) => {
        const at = ["cluster", "roles", i] as const;
        if (RESERVED_ROLES.includes(role.name))
          report(
            problems,
            [...at, "name"],
            role.name,
            "is a role that pgkeep or PostgreSQL owns",
            "another name",
          );
        if (owners.has(role.name))
          report(
            problems,
            [...at, "name"],
            role.name,
            "owns a database and so must not log in",
            "another name for the login role",
          );
        role.databases.forEach((database, j) => {
          if (!names.includes(database))
            report(problems, [...at, "databases", j], database, "is not a declared database", choice(names));
        });
        if (role.kind !== "monitor" && role.databases.length === 0)
          report(problems, [...at, "databases"], role.databases, "names no database", choice(names));
        if (role.kind === "monitor" && role.databases.length > 0)
          report(
            problems,
            [...at, "databases"],
            role.databases,
            "is not used by a monitor role",
            "nothing there",
          );
      });
    },
  },
  {
    needs: ["cluster"],
    find: ({ cluster }, problems) => {
      for (const [key, value] of Object.entries(cluster.parameters)) {
        const owner = ownerOfParameter(key);
        const path = ["cluster", "parameters", key];
        if (!/^[a-z_][a-z0-9_.]*$/.test(key))
          report(problems, path, value, "is not a setting's name", "a lower-case name");
        else if (owner !== undefined)
          report(problems, path, value, "is decided elsewhere in the declaration", owner);
        else if (!isKnown(key, cluster.version))
          report(
            problems,
            path,
            value,
            `is no setting of PostgreSQL ${cluster.version.major}`,
            "a name that pg_settings shows there",
          );
        if (typeof value === "string" && /[\n\r\0]/.test(value))
          report(problems, path, value, "holds a line break", "a value on one line");
      }
    },
  },
  {
    needs: ["cluster"],
    find: ({ cluster }, problems) => {
      const open = openConnections(cluster);
      const { superuser, own } = RESERVED_CONNECTIONS;
      if (open < 1)
        report(
          problems,
          ["cluster", "parameters", "max_connections"],
          maxConnections(cluster),
          `leaves no connection beside the ${superuser + own} reserved ones`,
          `at least ${superuser + own + 1}`,
        );
      else
        cluster.roles.forEach(({ connectionLimit }, i) => {
          if (connectionLimit !== undefined && connectionLimit > open)
            report(
              problems,
              ["cluster", "roles", i, "connectionLimit"],
              connectionLimit,
              `is more than the ${open} connections that are not reserved`,
              `at most ${open}, or more in cluster.parameters.max_connections`,
            );
        });
    },
  },
  {
    needs: ["cluster", "sites"],
    find: ({ cluster, sites }, problems) => {
      reportRepeated(
        problems,
        sites.map((s) => s.name),
        (i) => ["sites", i, "name"],
        "a site's name",
      );
      const databases = sites.filter((site) => site.role !== "witness").map((site) => site.name);
      cluster.members.forEach((member, i) => {
        if (!databases.includes(member.site))
          report(
            problems,
            ["cluster", "members", i, "site"],
            member.site,
            "is not a site that holds databases",
            choice(databases),
          );
      });
      for (const role of ["primary", "witness"] as const) {
        const found = sites.flatMap((site, i) => (site.role === role ? [i] : []));
        for (const i of found.slice(1))
          report(problems, ["sites", i, "role"], role, `stands at a second site`, `one ${role} site`);
        if (role === "primary" && found.length === 0)
          report(problems, ["sites"], sites, "names no primary site", "one site with role primary");
      }
      sites.forEach((site, i) => {
        if (site.role !== "witness" && !cluster.members.some((member) => member.site === site.name))
          report(
            problems,
            ["sites", i, "name"],
            site.name,
            "has no member",
            `a member with site ${site.name}, or no such site`,
          );
      });
    },
  },
];
