import type { Major } from "../../declaration/index.js";

/** Where everything lies in the pod of a member. The root file system is read-only; what is written lies on volumes. */
export const POD_PATHS = {
  /** ConfigMap: what is not secret. */
  config: "/etc/postgresql",
  postgresqlConf: "/etc/postgresql/postgresql.conf",
  hba: "/etc/postgresql/pg_hba.conf",
  ident: "/etc/postgresql/pg_ident.conf",
  prepare: "/etc/postgresql/prepare.sh",
  reconcile: "/etc/postgresql/reconcile.sh",
  /** One account, so that the server can tell who is at its socket. */
  passwd: "/etc/passwd",
  /** Secret with the keys of all members of the site; the init container alone sees it. */
  secrets: "/run/secrets/pgkeep",
  /** Secret with the roles; the reconciling container alone sees it. */
  roles: "/run/secrets/roles",
  rolesSql: "/run/secrets/roles/roles.sql",
  /** In memory: the member's own key and passwords, readable by its user alone. */
  run: "/run/pgkeep",
  memberConf: "/run/pgkeep/member.conf",
  pgpass: "/run/pgkeep/pgpass",
  authority: "/run/pgkeep/authority.pem",
  certificate: "/run/pgkeep/server.pem",
  key: "/run/pgkeep/server.key",
  socket: "/var/run/postgresql",
} as const;

/** Where the volume of a major version is mounted: where its image declares one. */
export function podDataMount(major: Major): string {
  return major === 17 ? "/var/lib/postgresql/data" : "/var/lib/postgresql";
}

/** Data directory of a major version: below the mount, whose root may hold lost+found. */
export function podDataDirectory(major: Major): string {
  return major === 17 ? "/var/lib/postgresql/data/pgdata" : `/var/lib/postgresql/${major}/docker`;
}

/** Name of a member's replication slot. */
export function slotOf(member: string): string {
  return member.replaceAll("-", "_");
}
