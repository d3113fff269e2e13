import type { Environment } from "../../../components/declaration/index.js";
import type { Context } from "../../context.js";
import type { Database } from "../../ports/index.js";
import { canaryDatabase, CENSUS_LIMIT, CENSUS_SECONDS, SCHEMA } from "./canary.js";
import { literal, quoteIdentifier } from "./sql.js";

/** Rows and a sum over the content of a table. */
export interface Count {
  /** database/schema.table */
  readonly relation: string;
  readonly rows: number;
  /** Sum of a 64-bit hash of every row, as text: it exceeds what a number carries exactly. */
  readonly total: string;
}

/** What was counted, and what could not be. */
export interface Census {
  readonly counts: readonly Count[];
  /** Relations that are there and were not counted: too large, locked, or no time was left. */
  readonly left: readonly string[];
}

/** Seconds for which a count waits for a lock: behind a waiting count every other statement waits, too. */
const LOCK_PATIENCE = 2;
/** Tables that are counted by one call, up to this many and this many bytes: each costs a start of psql. */
const BATCH = { tables: 100, bytes: 256 * 1024 ** 2 };

interface Table {
  readonly relation: string;
  /** Quoted, with its schema. */
  readonly name: string;
  readonly bytes: number;
}

/**
 * Counts the user tables of every declared database, the smallest first: those up to {@link CENSUS_LIMIT}, or the ones asked
 * for. Every table is a transaction of its own, so that no lock outlives the count of its table. The list of invariants counts
 * as one, so that even an empty database has a census. A table that is dropped meanwhile is no part of it.
 */
export async function takeCensus(
  { clock }: Pick<Context, "clock">,
  database: Database,
  environment: Environment,
  {
    only,
    budget = CENSUS_SECONDS,
  }: { readonly only?: ReadonlySet<string>; readonly budget?: number | undefined } = {},
): Promise<Census> {
  const counts: Count[] = [];
  const left: string[] = [];
  const end = clock.monotonic() + budget;
  for (const { name } of environment.cluster.databases) {
    const tables = (await tablesOf(database, name)).filter(({ relation }) => only?.has(relation) ?? true);
    const small = only === undefined ? tables.filter(({ bytes }) => bytes <= CENSUS_LIMIT) : tables;
    left.push(...tables.filter((table) => !small.includes(table)).map(({ relation }) => relation));
    for (const batch of batches(small)) {
      const seconds = Math.floor(end - clock.monotonic());
      const counted = seconds < 1 ? [] : await countTables(database, name, batch, seconds);
      counts.push(...counted);
      const found = new Set(counted.map(({ relation }) => relation));
      left.push(
        ...(await remaining(
          database,
          name,
          batch.filter(({ relation }) => !found.has(relation)),
        )),
      );
    }
  }
  return { counts, left };
}

async function tablesOf(database: Database, name: string): Promise<readonly Table[]> {
  const rows = await database.query(
    `set lock_timeout = '30s';
     select n.nspname, c.relname, pg_table_size(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema')
       and n.nspname !~ '^pg_' and not (n.nspname = '${SCHEMA}' and c.relname in ('canary', 'census'))
       and pg_table_size(c.oid) is not null order by 3, 1, 2`,
    { database: name },
  );
  return rows.map(([schema = "", table = "", bytes = ""]) => ({
    relation: `${name}/${schema}.${table}`,
    name: `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`,
    bytes: Number(bytes),
  }));
}

function batches(tables: readonly Table[]): readonly (readonly Table[])[] {
  const all: Table[][] = [];
  let bytes = 0;
  for (const table of tables) {
    const batch = all.at(-1);
    bytes += table.bytes;
    if (batch !== undefined && batch.length < BATCH.tables && bytes <= BATCH.bytes) batch.push(table);
    else {
      all.push([table]);
      bytes = table.bytes;
    }
  }
  return all;
}

/** Counts tables one after the other, each within `seconds`; one that fails gives no count. */
async function countTables(
  database: Database,
  name: string,
  tables: readonly Table[],
  seconds: number,
): Promise<readonly Count[]> {
  const selects = tables.map(
    (table) =>
      `select ${literal(table.relation)}, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from ${table.name} t;`,
  );
  // The settings decide how a row looks as text, so they are the same everywhere.
  const rows = await database.query(
    `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex';
     set default_transaction_read_only = on; set lock_timeout = '${LOCK_PATIENCE}s'; set statement_timeout = '${seconds}s';
     ${selects.join("\n")}`,
    { database: name, timeout: seconds + LOCK_PATIENCE * tables.length + 60, goOn: true },
  );
  return rows.map(([relation = "", count = "", total = ""]) => ({ relation, rows: Number(count), total }));
}

/** Which of some tables are still there. */
async function remaining(
  database: Database,
  name: string,
  tables: readonly Table[],
): Promise<readonly string[]> {
  if (tables.length === 0) return [];
  const checks = tables.map(
    ({ relation, name: table }) => `(${literal(relation)}, to_regclass(${literal(table)}))`,
  );
  const rows = await database.query(
    `select relation from (values ${checks.join(", ")}) t (relation, oid) where oid is not null`,
    { database: name },
  );
  return rows.map(([relation = ""]) => relation);
}

/** Stores a census in the database, so that every later backup and copy carries it. */
export async function storeCensus(
  database: Database,
  environment: Environment,
  counts: readonly Count[],
  taken: Date,
): Promise<void> {
  if (counts.length === 0) return;
  const values = counts.map(
    ({ relation, rows, total }) =>
      `(${literal(taken.toISOString())}, ${literal(relation)}, ${rows}, ${total})`,
  );
  await database.query(
    `insert into ${SCHEMA}.census (taken, relation, rows, total) values ${values.join(", ")} on conflict do nothing`,
    { database: canaryDatabase(environment) },
  );
}

/** The newest census that a copy carries; empty when it carries none. */
export async function storedCensus(database: Database, environment: Environment): Promise<readonly Count[]> {
  const rows = await database.query(
    `select relation, rows, total from ${SCHEMA}.census where taken = (select max(taken) from ${SCHEMA}.census) order by 1`,
    { database: canaryDatabase(environment) },
  );
  return rows.map(([relation = "", count = "", total = ""]) => ({ relation, rows: Number(count), total }));
}

/** Rows by which a table that is being written may differ in either direction: a tenth, at least a thousand. */
function slack(rows: number): number {
  return Math.max(1000, Math.ceil(rows / 10));
}

/**
 * Compares a copy with what was counted at backup time and, when it can be had, with the primary now. A table that is the
 * same there as then has not changed, so the copy must be equal in every byte; a table that changed must lie between the
 * two, with slack.
 *
 * @returns one sentence for every table that is not as it must be
 */
export function compareCensus(
  copy: Census,
  stored: readonly Count[],
  now: Census | undefined,
): readonly string[] {
  const inCopy = new Map(copy.counts.map((count) => [count.relation, count]));
  const onPrimary = now && new Map(now.counts.map((count) => [count.relation, count]));
  return stored.flatMap((then) => {
    const { relation } = then;
    const current = onPrimary?.get(relation);
    // A table that was dropped since may be missing in the copy, too.
    if (now !== undefined && current === undefined && !now.left.includes(relation)) return [];
    const found = inCopy.get(relation);
    if (found === undefined)
      return copy.left.includes(relation)
        ? [`table ${relation} could not be read in the copy`]
        : [`table ${relation} is missing in the copy`];
    if (current !== undefined && current.rows === then.rows && current.total === then.total) {
      return found.rows === then.rows && found.total === then.total
        ? []
        : [
            `table ${relation} has ${found.rows} rows and sum ${found.total}; ${then.rows} and ${then.total} were stored`,
          ];
    }
    const low = Math.min(then.rows, current?.rows ?? then.rows);
    const high = Math.max(then.rows, current?.rows ?? Number.POSITIVE_INFINITY);
    return found.rows >= low - slack(low) && found.rows <= high + slack(high)
      ? []
      : [`table ${relation} has ${found.rows} rows, outside ${low} to ${high}`];
  });
}

/** Runs the declared invariants. @returns how many there are and one sentence for every one that is not true */
export async function checkInvariants(
  database: Database,
  environment: Environment,
): Promise<{ readonly count: number; readonly broken: readonly string[] }> {
  const name = canaryDatabase(environment);
  const rows = await database.query(`select name, statement from ${SCHEMA}.invariant order by 1`, {
    database: name,
  });
  const broken: string[] = [];
  for (const [title = "", statement = ""] of rows) {
    try {
      const result = await database.query(`begin read only; ${statement.replace(/;\s*$/, "")}; rollback;`, {
        database: name,
        timeout: 3600,
        verbatim: true,
      });
      if (result.length !== 1 || result[0]?.length !== 1 || result[0][0] !== "t")
        broken.push(`invariant ${title} is not true in the copy`);
    } catch (error) {
      broken.push(`invariant ${title} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { count: rows.length, broken };
}
