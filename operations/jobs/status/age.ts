import { longestInterval } from "../../../components/declaration/index.js";

/** How old the newest of something is, against how old it may be. */
export interface Age {
  readonly what: string;
  /** When the newest was taken, ISO 8601; undefined when there is none. */
  readonly newest?: string | undefined;
  /** Seconds. */
  readonly age?: number | undefined;
  /** Oldest that it may be, in seconds, by the declared schedule. */
  readonly limit: number;
  readonly overdue: boolean;
  /** What is wrong with it beside its age. */
  readonly problem?: string | undefined;
}

/** Seconds that a job may take on top of its schedule's longest gap: a tenth of it, at least a quarter of an hour. */
export function grace(interval: number): number {
  return Math.max(900, interval / 10);
}

/** Seconds by which the clocks of two machines may differ without anybody being told. */
const SKEW = 300;

/**
 * Judges an age against a schedule. Nothing at all counts as overdue: what is not there protects nobody. So does
 * what is from the future: its real age is not known.
 *
 * @param newest when the newest good one was taken
 */
export function judgeAge(
  what: string,
  schedule: string,
  newest: Date | undefined,
  now: Date,
  problem?: string,
): Age {
  const interval = longestInterval(schedule);
  const limit = Math.round(interval + grace(interval));
  if (newest === undefined) return { what, limit, overdue: true, problem: problem ?? "none yet" };
  const age = Math.round((now.getTime() - newest.getTime()) / 1000);
  const future = age < -SKEW ? "from the future: a clock was or is wrong" : undefined;
  const problems = [future, problem].filter((text) => text !== undefined);
  return {
    what,
    newest: newest.toISOString(),
    age,
    limit,
    overdue: age > limit || future !== undefined,
    ...(problems.length === 0 ? {} : { problem: problems.join("; ") }),
  };
}
