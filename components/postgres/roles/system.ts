import type { Secrets } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { secretOf } from "../guests.js";
import { roleVerifier } from "../scram.js";
import { ensureRole, ident, roleSettings } from "./statements.js";

/** What pgBackRest calls; with these and no more it makes a stanza, checks it and takes backups (measured). */
const BACKUP_FUNCTIONS = [
  "pg_backup_start(text, boolean)",
  "pg_backup_stop(boolean)",
  "pg_switch_wal()",
  "pg_create_restore_point(text)",
];

/** What pg_rewind calls on the server that it copies from. */
const REWIND_FUNCTIONS = [
  "pg_ls_dir(text, boolean, boolean)",
  "pg_stat_file(text, boolean)",
  "pg_read_binary_file(text)",
  "pg_read_binary_file(text, bigint, bigint, boolean)",
];

/** Predefined role whose members still connect when clients hold every other connection. */
export const RESERVED_GROUP = "pg_use_reserved_connections";

/** Predefined roles that each system role gets. */
export const MEMBERSHIPS = {
  rewind: [RESERVED_GROUP],
  backup: ["pg_read_all_settings", "pg_checkpoint", RESERVED_GROUP],
  maint: ["pg_maintain", "pg_checkpoint", "pg_signal_backend", "pg_read_all_stats", RESERVED_GROUP],
} as const;

/** Names of the roles that pgkeep itself needs. */
export const SYSTEM_ROLE_NAMES = ["replicator", "rewind", "backup", "maint"] as const;

/** Roles for streaming, rewind, backup and maintenance. To be run in database postgres. */
export function systemRoles(plan: RecoveryPlan, secrets: Secrets): string[] {
  const { name: cluster, members } = plan.environment.cluster;
  const verifier = (role: string): string => roleVerifier(cluster, role, secretOf(secrets.passwords, role));
  const streams = Math.max(5, 2 * members.length + 2);
  return [
    ...ensureRole("replicator", {
      login: true,
      replication: true,
      connectionLimit: streams,
      verifier: verifier("replicator"),
    }),
    ...ensureRole("rewind", { login: true, connectionLimit: 5, verifier: verifier("rewind") }),
    ...ensureRole("backup", { login: true, connectionLimit: 10 }),
    ...ensureRole("maint", { login: true, connectionLimit: 10 }),
    ...SYSTEM_ROLE_NAMES.flatMap((name) => roleSettings(name, {})),
    ...Object.entries(MEMBERSHIPS).flatMap(([name, groups]) =>
      groups.map((group) => `GRANT ${group} TO ${ident(name)};`),
    ),
    ...BACKUP_FUNCTIONS.map((name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO "backup";`),
    ...REWIND_FUNCTIONS.map((name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO "rewind";`),
    ...SYSTEM_ROLE_NAMES.filter((name) => name !== "replicator").map(
      (name) => `GRANT CONNECT ON DATABASE postgres TO ${ident(name)};`,
    ),
  ];
}
