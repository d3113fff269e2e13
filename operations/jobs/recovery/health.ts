import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import { memberStates, type MemberState } from "./members.js";

/** The cluster as the servers themselves describe it. */
export interface Health {
  readonly members: readonly MemberState[];
  /** The one primary; undefined when there is none or more than one. */
  readonly primary: MemberState | undefined;
  /** What is not as declared, one sentence each. */
  readonly problems: readonly string[];
}

/** Asks every server, and the primary about its standbys. Nothing is taken from a file or from memory. */
export async function health(context: Context): Promise<Health> {
  const members = await memberStates(context);
  const primaries = members.filter(({ role }) => role === "primary");
  const [primary] = primaries;
  if (primary === undefined || primaries.length > 1) {
    const problem =
      primary === undefined
        ? `no member is primary (${members.map(({ name, role, detail }) => `${name} is ${role}${detail === "" ? "" : `: ${detail}`}`).join("; ")})`
        : `${primaries.map(({ name }) => name).join(" and ")} all say that they are primary`;
    return { members, primary: undefined, problems: [problem] };
  }
  return { members, primary, problems: await standbyProblems(context, members, primary) };
}

async function standbyProblems(
  context: Context,
  members: readonly MemberState[],
  primary: MemberState,
): Promise<readonly string[]> {
  const { replication } = context.plan.environment;
  let rows: string[][];
  try {
    rows = await context.database(primary.name).query(
      `select application_name, state, sync_state, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), -1)
       from pg_stat_replication`,
      { timeout: 45 },
    );
  } catch (error) {
    return [
      `${primary.name} does not tell its standbys: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
  const problems: string[] = [];
  for (const { name, role, detail } of members.filter((member) => member.name !== primary.name)) {
    const row = rows.find(([application]) => application === name);
    const [, state = "", , lag = ""] = row ?? [];
    if (role === "down") problems.push(`${name} is down: ${detail}`);
    else if (row === undefined) problems.push(`${name} does not replicate from ${primary.name}`);
    else if (state !== "streaming") problems.push(`${name} is ${state}, not streaming`);
    else if (Number(lag) < 0 || Number(lag) > replication.maximumLag)
      problems.push(`${name} lags ${lag} bytes behind; at most ${replication.maximumLag} are declared`);
  }
  const confirming = rows.filter(([, , sync = ""]) => sync === "sync" || sync === "quorum").length;
  if (replication.mode !== "async" && confirming < replication.synchronous)
    problems.push(`${confirming} standbys confirm commits; ${replication.synchronous} are declared`);
  return problems;
}

/** Looks again for a minute before it believes what is not as declared: a busy guest has moments of weakness. */
export async function settled(context: Context): Promise<Health> {
  let now = await health(context);
  for (let attempt = 0; attempt < 10 && now.problems.length > 0; attempt += 1) {
    await context.clock.sleep(6);
    now = await health(context);
  }
  return now;
}

/** Longest pause between two looks, in seconds: looking costs a guest that recovers the very time that it needs. */
const LONGEST_PAUSE = 10;

/** Waits until everything is as declared. @throws OperationError with what is not, after `limit` seconds */
export async function waitForHealth(context: Context, limit: number): Promise<Health> {
  const { clock, output } = context;
  const began = clock.monotonic();
  for (;;) {
    const now = await health(context);
    if (now.problems.length === 0) return now;
    await helpToConsistency(context, now);
    const waited = clock.monotonic() - began;
    if (waited > limit)
      throw new OperationError(
        `not healthy after ${Math.round(waited)} s: ${now.problems.join("; ")}`,
        "`pgkeep status`",
      );
    output.progress(now.problems.join("; ").slice(0, 160), Math.min(0.99, waited / limit));
    await clock.sleep(Math.min(LONGEST_PAUSE, 2 + waited / 10));
  }
}

/** What a server says while it has not replayed enough to be consistent. */
const NOT_YET = /not yet accepting connections/;

/**
 * Lets an idle primary write one record. pg_rewind makes its copy consistent at the primary's insert position; right after a
 * switched segment that is behind the header of a page on which nothing stands yet (0/14000028 while 0/14000000 is written),
 * so that the standby waits, for ever where nobody writes.
 */
async function helpToConsistency(context: Context, { primary, members }: Health): Promise<void> {
  if (primary === undefined || !members.some(({ role, detail }) => role === "down" && NOT_YET.test(detail)))
    return;
  try {
    await context.database(primary.name).query("select pg_log_standby_snapshot()");
  } catch {
    // The next look tells what is wrong with the primary.
  }
}
