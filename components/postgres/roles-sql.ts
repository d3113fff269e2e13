import { connectionLimit, ownerOf, type Role, type Secrets } from "../declaration/index.js";
import type { RecoveryPlan } from "../recovery/plan.js";
import { databaseRights, ensureDatabase, serverStatistics, SESSION } from "./roles/database.js";
import { ensureRole, ident, literal, MANAGED, roleSettings } from "./roles/statements.js";
import { RESERVED_GROUP, SYSTEM_ROLE_NAMES, systemRoles } from "./roles/system.js";
import { roleVerifier } from "./scram.js";
import { secretOf } from "./guests.js";

/**
 * Script for psql that brings roles, databases and rights to what is declared, whatever was there: run as postgres over
 * the socket with `psql -X -v ON_ERROR_STOP=1`. Idempotent. Passwords appear only as SCRAM verifiers.
 *
 * What it never does: drop a role or a database. A role that is no longer declared loses its login, its password and
 * its connections' future, and stays the owner of what it owns.
 */
export function renderRolesSql(plan: RecoveryPlan, secrets: Secrets): string {
  const { cluster } = plan.environment;
  const owners = [...new Set(cluster.databases.map(ownerOf))];
  const lines = [
    "-- Generated from the declaration; changes here are lost.",
    "\\set ON_ERROR_STOP on",
    ...SESSION,
    ...systemRoles(plan, secrets),
    ...owners.flatMap((name) => [...ensureRole(name, { login: false }), ...roleSettings(name, {})]),
    ...cluster.roles.flatMap((role) => loginRole(plan, secrets, role)),
    ...retire([...SYSTEM_ROLE_NAMES, ...owners, ...cluster.roles.map(({ name }) => name)]),
    "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    "CREATE EXTENSION IF NOT EXISTS pgaudit;",
    ...serverStatistics(cluster.roles),
    ...cluster.databases.flatMap(ensureDatabase),
    ...cluster.databases.flatMap((database) => databaseRights(plan, database)),
  ];
  return `${lines.join("\n")}\n`;
}

function loginRole(plan: RecoveryPlan, secrets: Secrets, role: Role): string[] {
  const name = ident(role.name);
  const verifier = roleVerifier(
    plan.environment.cluster.name,
    role.name,
    secretOf(secrets.passwords, role.name),
  );
  const settings: Record<string, string> = {
    statement_timeout: literal(`${role.statementTimeout}s`),
    ...(role.kind === "readonly" ? { default_transaction_read_only: "on" } : {}),
  };
  const monitor = role.kind === "monitor";
  return [
    ...ensureRole(role.name, {
      login: true,
      inherit: role.kind !== "migration",
      connectionLimit: connectionLimit(role, plan.environment.cluster),
      verifier,
    }),
    ...roleSettings(role.name, settings),
    ...["pg_monitor", RESERVED_GROUP].map((group) =>
      monitor ? `GRANT ${group} TO ${name};` : `REVOKE ${group} FROM ${name};`,
    ),
    `${monitor ? "GRANT" : "REVOKE"} CONNECT ON DATABASE postgres ${monitor ? "TO" : "FROM"} ${name};`,
  ];
}

/** Roles of ours that are no longer declared. */
function retire(declared: readonly string[]): string[] {
  const names = declared.map(literal).join(", ");
  return [
    "SELECT format('ALTER ROLE %I NOLOGIN PASSWORD NULL CONNECTION LIMIT 0', r.rolname) FROM pg_roles r",
    `  WHERE shobj_description(r.oid, 'pg_authid') = ${literal(MANAGED)} AND r.rolname NOT IN (${names}) \\gexec`,
  ];
}
