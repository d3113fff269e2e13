import type { Environment } from "../../../components/declaration/index.js";
import type { Database } from "../../ports/index.js";
import { literal, quoteIdentifier } from "./sql.js";

/**
 * What pgkeep keeps in the first declared database, in a schema of its own, owned by the superuser:
 * - `canary`: rows with the time at which they were written. The writing client of the failover drill and the restore
 *   drill write them; a copy is as young as its newest one.
 * - `invariant`: statements that must be true in every good copy, such as `select sum(balance) = 0 from ledger`. People add
 *   them; the restore and site drills run them. They travel with every backup.
 * - `census`: rows and a sum over the content of the user tables, taken with every backup.
 */
export const SCHEMA = "pgkeep";

/** Tables larger than this, in bytes, are left to pg_amcheck. */
export const CENSUS_LIMIT = 1024 ** 3;

/** Seconds after which a census of the primary ends, whatever is not counted then. */
export const CENSUS_SECONDS = 900;

/** Rows of the canary table older than this are removed by the drills. */
const CANARY_DAYS = 30;

/** The database that holds the schema. */
export function canaryDatabase(environment: Environment): string {
  const [first] = environment.cluster.databases;
  if (first === undefined) throw new TypeError("the environment was not checked: it has no database");
  return first.name;
}

/** The role with which a client writes canaries: the first app role of the first database. */
export function canaryRole(environment: Environment): string | undefined {
  const database = canaryDatabase(environment);
  return environment.cluster.roles.find(
    ({ kind, databases }) => kind === "app" && databases.includes(database),
  )?.name;
}

/** Makes the schema where it is missing and lets the app roles write canaries. Safe to repeat. */
export async function ensureSchema(database: Database, environment: Environment): Promise<void> {
  const name = canaryDatabase(environment);
  const writers = environment.cluster.roles
    .filter(({ kind, databases }) => kind === "app" && databases.includes(name))
    .map((role) => quoteIdentifier(role.name));
  const grants =
    writers.length === 0
      ? ""
      : `grant usage on schema ${SCHEMA} to ${writers.join(", ")};
         grant select, insert on ${SCHEMA}.canary to ${writers.join(", ")};`;
  await database.query(
    `set client_min_messages = warning;
     create schema if not exists ${SCHEMA};
     create table if not exists ${SCHEMA}.canary (
       client text not null, sequence bigint not null, written timestamptz not null default clock_timestamp(),
       primary key (client, sequence));
     create index if not exists canary_written on ${SCHEMA}.canary (written);
     create table if not exists ${SCHEMA}.invariant (name text primary key, statement text not null);
     create table if not exists ${SCHEMA}.census (
       taken timestamptz not null, relation text not null, rows bigint not null, total numeric not null,
       primary key (taken, relation));
     ${grants}
     delete from ${SCHEMA}.canary where written < now() - interval '${CANARY_DAYS} days';
     delete from ${SCHEMA}.census where taken < now() - interval '400 days';`,
    { database: name },
  );
}

/** Writes one canary as an acknowledged transaction; gives the time that it carries. */
export async function writeCanary(
  database: Database,
  environment: Environment,
  client: string,
  sequence: number,
): Promise<Date> {
  const [row] = await database.query(
    `insert into ${SCHEMA}.canary (client, sequence) values (${literal(client)}, ${sequence}) returning ${iso("written")}`,
    { database: canaryDatabase(environment) },
  );
  return new Date(row?.[0] ?? "");
}

/** SQL for a time as ISO 8601 in UTC. */
function iso(expression: string): string {
  return `to_char(${expression} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Sequence numbers of a client's canaries that are in a copy. */
export async function canariesOf(
  database: Database,
  environment: Environment,
  client: string,
): Promise<ReadonlySet<number>> {
  const rows = await database.query(
    `select sequence from ${SCHEMA}.canary where client = ${literal(client)}`,
    { database: canaryDatabase(environment), timeout: 300 },
  );
  return new Set(rows.map(([sequence]) => Number(sequence)));
}

/** Time of the newest canary, or of the newest one not after `until`; undefined when there is none or no table. */
export async function newestCanary(
  database: Database,
  environment: Environment,
  until?: Date,
): Promise<Date | undefined> {
  const limit = until === undefined ? "" : `where written <= ${literal(until.toISOString())}`;
  const text = await newestWritten(database, environment, limit);
  return text === undefined ? undefined : new Date(text);
}

/** How many canaries of the primary are younger than the newest one in a copy. */
export async function canariesAhead(
  primary: Database,
  copy: Database,
  environment: Environment,
): Promise<number> {
  // To the microsecond, as it is stored: a Date is cut to milliseconds, and the newest one would be younger than itself.
  const newest = await newestWritten(copy, environment);
  const limit = newest === undefined ? "" : `where written > ${literal(newest)}`;
  const [row] = await primary.query(`select count(*) from ${SCHEMA}.canary ${limit}`, {
    database: canaryDatabase(environment),
  });
  return Number(row?.[0] ?? 0);
}

/** Time of the newest canary as text, to the microsecond; undefined when there is none or no table. */
async function newestWritten(
  database: Database,
  environment: Environment,
  limit = "",
): Promise<string | undefined> {
  const name = canaryDatabase(environment);
  const [there] = await database.query(`select to_regclass('${SCHEMA}.canary') is not null`, {
    database: name,
  });
  if (there?.[0] !== "t") return undefined;
  const [row] = await database.query(`select ${iso("max(written)")} from ${SCHEMA}.canary ${limit}`, {
    database: name,
  });
  const text = row?.[0] ?? "";
  return text === "" ? undefined : text;
}
