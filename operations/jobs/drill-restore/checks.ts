import { binDirectory } from "../../../components/postgres/layout.js";
import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import type { Clock, Database, GuestAgent } from "../../ports/index.js";
import { canaryDatabase, CENSUS_SECONDS, SCHEMA } from "../recovery/canary.js";
import { checkInvariants, compareCensus, storedCensus, takeCensus, type Census } from "../recovery/census.js";
import type { Seen } from "../recovery/recorder.js";
import { logOf, running, type Copy } from "./isolation.js";

/** What the log of a recovering server must not say. */
const TROUBLE =
  /^.*(?:FATAL|PANIC|recovery ended before configured recovery target was reached|invalid page in block).*$/m;

/**
 * R4: waits until recovery has ended and the server takes writes. `pg_ctl -w start` is not believed: it returns success for
 * a server that dies a moment later.
 */
export async function waitForEndOfRecovery(
  agent: GuestAgent,
  copy: Copy,
  database: Database,
  clock: Clock,
  limit: number,
): Promise<string> {
  const began = clock.monotonic();
  for (;;) {
    if (!(await running(agent, copy))) {
      // The file with its number appears a little after the process.
      const log = await logOf(agent, copy);
      const trouble = TROUBLE.exec(log)?.[0];
      if (trouble !== undefined || clock.monotonic() - began > 180)
        throw new OperationError(
          `the copy's server died: ${trouble ?? (lastLine(log) || "its log is empty")}`,
        );
    } else {
      const answer = await database.query("select pg_is_in_recovery()").catch(() => undefined);
      if (answer?.[0]?.[0] === "f") break;
    }
    if (clock.monotonic() - began > limit)
      throw new OperationError(
        `recovery did not end within ${limit} s; the log ends: ${lastLine(await logOf(agent, copy))}`,
      );
    await clock.sleep(0.5);
  }
  const log = await logOf(agent, copy);
  const redo = /redo done at (\S+)/.exec(log)?.[1];
  const last = /last completed transaction was at log time (.+)$/m.exec(log)?.[1];
  return `recovery ended${redo === undefined ? "" : ` at ${redo}`}${last === undefined ? "" : `, last transaction ${last}`}`;
}

function lastLine(log: string): string {
  return log.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}

/** An environment for a client program that reaches the copy by its socket. */
function client(copy: Copy, program: string): string[] {
  return [
    "env",
    `PGHOST=${copy.directory}`,
    "PGOPTIONS=-c statement_timeout=0",
    "runuser",
    "-u",
    "postgres",
    "--",
    `${binDirectory(copy.major)}/${program}`,
  ];
}

/** R6: every table and index, each index against its heap. */
export async function amcheck(agent: GuestAgent, copy: Copy, timeout: number): Promise<Seen> {
  const { code, stdout, stderr } = await agent.run(
    [...client(copy, "pg_amcheck"), "--all", "--heapallindexed", "--install-missing"],
    { timeout, accept: [0, 1, 2] },
  );
  const text = `${stdout}${stderr}`.trim();
  if (code !== 0 || /\bERROR|corrupt/i.test(text))
    throw new OperationError(
      `pg_amcheck ended with ${code}: ${text.split("\n").slice(0, 5).join("; ").slice(0, 1000)}`,
    );
  return { detail: "every table and index is sound, each index holds its whole table", output: text };
}

/** R7: page checksums, on the stopped copy. */
export async function checksums(agent: GuestAgent, copy: Copy, timeout: number): Promise<Seen> {
  const argv = [
    "runuser",
    "-u",
    "postgres",
    "--",
    `${binDirectory(copy.major)}/pg_checksums`,
    "--check",
    "-D",
    copy.data,
  ];
  const { code, stdout, stderr } = await agent.run(argv, { timeout, accept: [0, 1] });
  const bad = /^Bad checksums:\s+(\d+)$/m.exec(stdout)?.[1];
  const blocks = /^Blocks scanned:\s+(\d+)$/m.exec(stdout)?.[1];
  if (code !== 0 || bad !== "0")
    throw new OperationError(
      `pg_checksums ended with ${code}: ${bad ?? "?"} bad blocks; ${stderr.trim().split("\n")[0] ?? ""}`,
    );
  return { detail: `0 bad of ${blocks ?? "?"} blocks`, output: stdout };
}

/** A copy has no users to wait for it, and may be slower than the primary. */
const COPY_CENSUS_SECONDS = 4 * CENSUS_SECONDS;

const NO_CENSUS = "the copy carries no census to compare with; every `pgkeep backup` stores one";

/** R8: counts, invariants, and the inventory of databases, roles and extensions. */
export async function dataChecks(
  context: Context,
  copy: Database,
  onPrimary: Census | undefined,
): Promise<string> {
  const { environment } = context.plan;
  const problems = [...(await inventory(context, copy))];
  const [there] = await copy.query(`select to_regclass('${SCHEMA}.census') is not null`, {
    database: canaryDatabase(environment),
  });
  const stored = there?.[0] === "t" ? await storedCensus(copy, environment) : [];
  if (stored.length === 0) throw new OperationError([...problems, NO_CENSUS].join("; "));
  const only = new Set(stored.map(({ relation }) => relation));
  const inCopy = await takeCensus(context, copy, environment, { only, budget: COPY_CENSUS_SECONDS });
  problems.push(...compareCensus(inCopy, stored, onPrimary));
  const invariants = await checkInvariants(copy, environment);
  problems.push(...invariants.broken);
  if (problems.length > 0) throw new OperationError(problems.join("; "));
  const compared = onPrimary === undefined ? "within bounds (no primary to compare with)" : "as stored";
  return `${stored.length} tables ${compared}, ${invariants.count} invariants true`;
}

async function inventory(context: Context, copy: Database): Promise<readonly string[]> {
  const { cluster } = context.plan.environment;
  const names = async (sql: string, database?: string): Promise<Set<string>> =>
    new Set((await copy.query(sql, database === undefined ? {} : { database })).map(([name = ""]) => name));
  const databases = await names("select datname from pg_database where datallowconn");
  const roles = await names("select rolname from pg_roles");
  const problems = [
    ...cluster.databases
      .filter(({ name }) => !databases.has(name))
      .map(({ name }) => `database ${name} is missing`),
    ...cluster.roles.filter(({ name }) => !roles.has(name)).map(({ name }) => `role ${name} is missing`),
  ];
  for (const { name, extensions } of cluster.databases.filter((database) => databases.has(database.name))) {
    const installed = await names("select extname from pg_extension", name);
    problems.push(
      ...extensions
        .filter((extension) => !installed.has(extension))
        .map((extension) => `extension ${extension} is missing in ${name}`),
    );
  }
  return problems;
}

/** R9: the copy takes writes, and every declared database can be dumped whole. */
export async function writeAndDump(
  context: Context,
  agent: GuestAgent,
  copy: Copy,
  database: Database,
  timeout: number,
): Promise<string> {
  const { environment } = context.plan;
  const name = canaryDatabase(environment);
  const [row] = await database.query(
    "create table pgkeep_write_test (id int primary key); insert into pgkeep_write_test values (42); select id from pgkeep_write_test; drop table pgkeep_write_test;",
    { database: name },
  );
  if (row?.[0] !== "42") throw new OperationError("a row written to the copy could not be read back");
  for (const { name: dumped } of environment.cluster.databases)
    await agent.run(
      [
        ...client(copy, "pg_dump"),
        "--file=/dev/null",
        "--no-sync",
        "--format=custom",
        "--compress=0",
        dumped,
      ],
      { timeout },
    );
  await agent.run(
    [...client(copy, "pg_dumpall"), "--globals-only", "--no-role-passwords", "--no-sync", "--file=/dev/null"],
    { timeout },
  );
  return `a row was written and read; ${environment.cluster.databases.length} databases and the roles were dumped`;
}
