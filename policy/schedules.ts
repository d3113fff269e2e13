import { CronExpressionParser } from "cron-parser";

/** A moment like any other: the answer does not depend on the day it is asked. */
const START = new Date("2024-01-01T00:00:00Z");
/** A year of weekly runs, and two months of daily ones. */
const RUNS = 60;

/**
 * The shortest time in seconds from a run of one schedule to the next run of any of several, over {@link RUNS} of its runs.
 * Schedules are five cron fields in UTC. A run at the same minute is the same start, not the next one.
 */
export function shortestGapAfter(cron: string, others: readonly string[]): number {
  const runs = CronExpressionParser.parse(cron, { tz: "UTC", currentDate: START });
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i += 1) {
    const at = runs.next().toDate();
    for (const other of others) {
      const next = CronExpressionParser.parse(other, { tz: "UTC", currentDate: at }).next().toDate();
      shortest = Math.min(shortest, (next.getTime() - at.getTime()) / 1000);
    }
  }
  return shortest;
}
