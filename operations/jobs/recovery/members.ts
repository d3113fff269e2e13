import type { Context } from "../../context.js";
import { messageOf, OperationError } from "../../errors.js";
import type { Database } from "../../ports/index.js";

/** What a member says about itself, by its own server. */
export interface MemberState {
  readonly name: string;
  readonly role: "primary" | "standby" | "down";
  /** Why it is down. */
  readonly detail: string;
  readonly timeline?: number | undefined;
  readonly systemIdentifier?: string | undefined;
  /** Of a standby: bytes received but not replayed. */
  readonly replayLag?: number | undefined;
  /** Of a standby: position up to which it has WAL, in bytes, on its `timeline`. */
  readonly received?: number | undefined;
  /** Of a standby: state of its WAL receiver, such as streaming. */
  readonly receiver?: string | undefined;
}

// The timeline in the control file is old until the first checkpoint after a promotion, so the WAL's name tells it. What was
// replayed from the archive is ahead of what was received: that is no lag.
const STATE_SQL = `select pg_is_in_recovery(),
  case when pg_is_in_recovery() then coalesce((select received_tli from pg_stat_wal_receiver),
      (select greatest(c.timeline_id, r.min_recovery_end_timeline) from pg_control_checkpoint() c, pg_control_recovery() r))
    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end,
  (select system_identifier from pg_control_system()),
  case when pg_last_wal_receive_lsn() is not null and pg_is_in_recovery()
    then greatest(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0) end,
  (select status from pg_stat_wal_receiver),
  case when pg_is_in_recovery()
    then pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0') end`;

/** Asks one server. */
export async function memberState(name: string, database: Database, timeout = 45): Promise<MemberState> {
  try {
    const [row = []] = await database.query(STATE_SQL, { timeout });
    const [recovery, timeline, systemIdentifier, lag, receiver, received] = row;
    return {
      name,
      role: recovery === "t" ? "standby" : "primary",
      detail: "",
      timeline: Number(timeline),
      systemIdentifier,
      ...(lag === "" || lag === undefined ? {} : { replayLag: Number(lag) }),
      ...(receiver === "" || receiver === undefined ? {} : { receiver }),
      ...(received === "" || received === undefined ? {} : { received: Number(received) }),
    };
  } catch (error) {
    return { name, role: "down", detail: messageOf(error) };
  }
}

/** Asks all members at once. */
export function memberStates(context: Context): Promise<readonly MemberState[]> {
  const members = context.plan.guests.filter(({ kind }) => kind === "member");
  return Promise.all(members.map(({ name }) => memberState(name, context.database(name))));
}

/** Attempts to find the primary, and seconds between them: in a switchover there is none for a moment. */
const ATTEMPTS = 5;
const PAUSE = 5;

/** The one primary. @throws OperationError when there is none, or more than one, and it stays so */
export async function primaryOf(context: Context): Promise<MemberState> {
  let states: readonly MemberState[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await context.clock.sleep(PAUSE);
    states = await memberStates(context);
    const [only, another] = states.filter(({ role }) => role === "primary");
    if (only !== undefined && another === undefined) return only;
  }
  const primaries = states.filter(({ role }) => role === "primary");
  if (primaries.length > 1)
    throw new OperationError(
      `${primaries.map(({ name }) => name).join(" and ")} both say that they are primary`,
      "look at Patroni's log on both; power one off before anything else",
    );
  throw new OperationError(
    `no member is primary: ${states.map(({ name, role, detail }) => `${name} is ${role} ${detail}`).join("; ")}`,
    "`pgkeep status` shows every member; `pgkeep failover` promotes one",
  );
}
