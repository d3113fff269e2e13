import { ownerOf, type Database, type Role } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { ident, literal, roleSettings } from "./statements.js";

/** Schema of extensions: theirs alone, so that a role's own schema holds nothing that it did not make. */
export const EXTENSION_SCHEMA = "extensions";

/** The event triggers of pgAudit name the objects that DDL touches; it is created in every database. */
const ALWAYS = ["pgaudit"];

/** Creates a database when it is missing. Cannot be part of a transaction. */
export function ensureDatabase(database: Database): string[] {
  const create = `CREATE DATABASE ${ident(database.name)} OWNER ${ident(ownerOf(database))}`;
  return [
    `SELECT ${literal(create)} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database.name)}) \\gexec`,
    `ALTER DATABASE ${ident(database.name)} OWNER TO ${ident(ownerOf(database))};`,
  ];
}

/** Rights inside one database, for psql. */
export function databaseRights(plan: RecoveryPlan, database: Database): string[] {
  return [`\\connect ${literal(`dbname=${database.name}`)}`, ...rightsInside(plan, database)];
}

/** The same for whoever is connected to it already, in one transaction: what is not granted here is taken back. No command of psql. */
export function rightsInside(plan: RecoveryPlan, database: Database): string[] {
  const { roles } = plan.environment.cluster;
  const owner = ident(ownerOf(database));
  const schema = ident(database.name);
  const inside = roles.filter((role) => role.databases.includes(database.name));
  return [
    ...SESSION,
    "BEGIN;",
    `REVOKE ALL ON DATABASE ${ident(database.name)} FROM PUBLIC;`,
    "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner};`,
    `ALTER SCHEMA ${schema} OWNER TO ${owner};`,
    `CREATE SCHEMA IF NOT EXISTS ${ident(EXTENSION_SCHEMA)};`,
    ...[...ALWAYS, ...database.extensions].flatMap(ensureExtension),
    // Migrations act as the owner: their tables use types, functions and operators from there.
    `GRANT USAGE ON SCHEMA ${ident(EXTENSION_SCHEMA)} TO ${owner};`,
    ...roles.flatMap((role) => revokeEverything(role, database)),
    ...inside.flatMap((role) => grants(role, database)),
    `GRANT CONNECT ON DATABASE ${ident(database.name)} TO "maint";`,
    "COMMIT;",
  ];
}

/**
 * What monitors read in database postgres lies in a schema that they may use, and that their session looks in; an extension that
 * stands elsewhere, where nobody could name it, is moved.
 */
export function serverStatistics(roles: readonly Role[]): string[] {
  const schema = ident(EXTENSION_SCHEMA);
  const extension = "pg_stat_statements";
  return [
    `CREATE SCHEMA IF NOT EXISTS ${schema};`,
    `GRANT USAGE ON SCHEMA ${schema} TO pg_monitor;`,
    ...ensureExtension(extension),
    `SELECT ${literal(`ALTER EXTENSION ${extension} SET SCHEMA ${schema}`)} FROM pg_extension e`,
    `  JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = ${literal(extension)} AND n.nspname <> ${literal(EXTENSION_SCHEMA)} \\gexec`,
    ...roles.flatMap(({ name, kind }) =>
      roleSettings(name, kind === "monitor" ? { search_path: schema } : {}, "postgres"),
    ),
  ];
}

/** Each `\connect` begins a new session, so these are repeated. */
export const SESSION: readonly string[] = [
  // A verifier is not a password, but it does not belong into a log either. pgAudit still records the change, redacted.
  "SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1;",
  "SET client_min_messages = 'error'; SET statement_timeout = 0; SET lock_timeout = '60s';",
  // A cluster that waits for its first synchronous standby must not hang here.
  "SET synchronous_commit = 'local';",
];

/** Creates an extension in the schema that it demands, or else in ours; fails when the server does not have it. */
export function ensureExtension(name: string): string[] {
  return [
    "DO $pgkeep$ DECLARE place name; BEGIN",
    "  SELECT coalesce(v.schema, e.nspname) INTO STRICT place FROM pg_available_extensions a",
    "    JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version",
    `    JOIN pg_namespace e ON e.nspname = ${literal(EXTENSION_SCHEMA)} WHERE a.name = ${literal(name)};`,
    `  EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', ${literal(name)}, place);`,
    "EXCEPTION WHEN no_data_found THEN",
    `  RAISE EXCEPTION 'extension ${name} is not installed on this server; add its package to the image';`,
    "END $pgkeep$;",
  ];
}

function revokeEverything(role: Role, database: Database): string[] {
  const name = ident(role.name);
  const owner = ident(ownerOf(database));
  const schema = ident(database.name);
  return [
    `REVOKE ALL ON DATABASE ${ident(database.name)} FROM ${name};`,
    `REVOKE ALL ON SCHEMA ${schema} FROM ${name};`,
    `REVOKE ALL ON SCHEMA ${ident(EXTENSION_SCHEMA)} FROM ${name};`,
    `REVOKE ${owner} FROM ${name};`,
    ...(["TABLES", "SEQUENCES", "FUNCTIONS"] as const).flatMap((kind) => [
      `REVOKE ALL ON ALL ${kind} IN SCHEMA ${schema} FROM ${name};`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} REVOKE ALL ON ${kind} FROM ${name};`,
    ]),
    ...roleSettings(role.name, {}, database.name),
  ];
}

const TABLE_RIGHTS = { app: "SELECT, INSERT, UPDATE, DELETE", readonly: "SELECT" } as const;
const SEQUENCE_RIGHTS = { app: "USAGE, SELECT", readonly: "SELECT" } as const;

function grants(role: Role, database: Database): string[] {
  const name = ident(role.name);
  const owner = ident(ownerOf(database));
  const schema = ident(database.name);
  const connect = [`GRANT CONNECT ON DATABASE ${ident(database.name)} TO ${name};`];
  const path = roleSettings(
    role.name,
    { search_path: `${schema}, ${ident(EXTENSION_SCHEMA)}` },
    database.name,
  );
  if (role.kind === "monitor") return [];
  if (role.kind === "migration")
    // Becomes the owner only by saying so: SET ROLE.
    return [...connect, ...path, `GRANT ${owner} TO ${name} WITH INHERIT FALSE, SET TRUE;`];
  const tables = TABLE_RIGHTS[role.kind];
  const sequences = SEQUENCE_RIGHTS[role.kind];
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema}`;
  return [
    ...connect,
    ...path,
    `GRANT USAGE ON SCHEMA ${schema}, ${ident(EXTENSION_SCHEMA)} TO ${name};`,
    `GRANT ${tables} ON ALL TABLES IN SCHEMA ${schema} TO ${name};`,
    `GRANT ${sequences} ON ALL SEQUENCES IN SCHEMA ${schema} TO ${name};`,
    `${defaults} GRANT ${tables} ON TABLES TO ${name};`,
    `${defaults} GRANT ${sequences} ON SEQUENCES TO ${name};`,
  ];
}
