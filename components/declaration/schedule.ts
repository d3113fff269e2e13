import { CronExpressionParser } from "cron-parser";
import { refuse, text } from "./units.js";

const remedy =
  'five cron fields in UTC (minute hour day month weekday), such as "0 2 * * *" for 02:00 each day';

const NEVER = "is not a schedule that ever runs";

/** A schedule as five cron fields, in UTC. Numbers only, so that cron, systemd and people read it alike. */
export const schedule = text(remedy)
  .meta({ pattern: "^\\s*([0-9*,/-]+\\s+){4}[0-9*,/-]+\\s*$", examples: ["0 2 * * *"] })
  .superRefine((value, context) => {
    const fields = value.trim().split(/\s+/);
    if (fields.length !== 5) return refuse(context, "is not a schedule of five fields", remedy);
    if (!fields.every((field) => /^[0-9*,/-]+$/.test(field)))
      return refuse(context, "has a field that is not made of numbers and * , - /", remedy);
    if (fields[2] !== "*" && fields[4] !== "*")
      // cron joins the two by "or", systemd by "and".
      return refuse(
        context,
        "restricts day and weekday at once, which tools read differently",
        "* for one of them",
      );
    try {
      const plan = parse(value);
      if (!CALENDAR.some((day) => runsOn(plan, day))) refuse(context, NEVER, remedy);
    } catch (error) {
      refuse(context, NEVER + rangeOf(error), remedy);
    }
  })
  .transform((value) => value.trim().split(/\s+/).join(" "))
  .describe('Schedule: five cron fields in UTC, such as "0 2 * * *"');

/** What the parser says about a number out of range; its other messages repeat the input and add nothing. */
function rangeOf(error: unknown): string {
  const match = /got value (-?\d+) expected range (\d+-\d+)/.exec(
    error instanceof Error ? error.message : "",
  );
  return match === null ? "" : ` (${match[1]} is outside ${match[2]})`;
}

const DAY = 1440;

/** Month, day and weekday of each day of two leap cycles from 1970 on: schedules of five fields repeat within four years. */
const CALENDAR = Array.from({ length: 2 * (4 * 365 + 1) }, (_, number) => {
  const date = new Date(number * DAY * 60_000);
  return { month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() };
});

/**
 * The longest gap in seconds between two runs of one schedule, or of several taken together, over eight years: so
 * "29 February" counts as four years.
 */
export function longestInterval(...crons: readonly string[]): number {
  const plans = crons.map(parse);
  const kinds = new Map<number, Day>();
  let longest = 0;
  let previous: number | undefined;
  CALENDAR.forEach((date, number) => {
    const active = activeOn(plans, date);
    if (active === 0) return;
    const kind =
      kinds.get(active) ?? dayOf(plans.filter((_, i) => active & (1 << i)).flatMap((p) => p.minutes));
    kinds.set(active, kind);
    if (previous !== undefined) longest = Math.max(longest, number * DAY + kind.first - previous);
    longest = Math.max(longest, kind.widest);
    previous = number * DAY + kind.last;
  });
  return longest * 60;
}

/**
 * The shortest time in seconds from a run of one schedule to the next run of any of several, over eight years. A run at the same
 * minute is the same start, not the next one. Infinity when none ever follows.
 */
export function shortestGapAfter(cron: string, others: readonly string[]): number {
  const [plan, plans] = [parse(cron), others.map(parse)];
  const kinds = new Map<number, Wait>();
  let shortest = Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  // Backwards, so that the first run of the days after is known.
  for (let number = CALENDAR.length - 1; number >= 0; number -= 1) {
    const date = CALENDAR[number] as (typeof CALENDAR)[number];
    const active = activeOn(plans, date);
    const kind =
      kinds.get(active) ??
      waitOf(
        plan.minutes,
        plans.filter((_, i) => active & (1 << i)).flatMap((p) => p.minutes),
      );
    kinds.set(active, kind);
    if (runsOn(plan, date)) shortest = Math.min(shortest, kind.within, next - number * DAY - kind.last);
    next = Math.min(next, number * DAY + kind.first);
  }
  return shortest * 60;
}

/** The set of schedules that run on a day, as bits. */
function activeOn(plans: readonly Plan[], date: (typeof CALENDAR)[number]): number {
  return plans.reduce((active, plan, i) => (runsOn(plan, date) ? active | (1 << i) : active), 0);
}

function runsOn(
  { months, days, weekdays }: Plan,
  { month, day, weekday }: (typeof CALENDAR)[number],
): boolean {
  return months.has(month) && days.has(day) && weekdays.has(weekday);
}

interface Day {
  /** First and last run in minutes after midnight, and the widest gap between two runs of the day. */
  readonly first: number;
  readonly last: number;
  readonly widest: number;
}

function dayOf(minutes: readonly number[]): Day {
  const sorted = [...new Set(minutes)].toSorted((a, b) => a - b);
  const gaps = sorted.map((minute, i) => minute - (sorted[i - 1] ?? minute));
  return { first: sorted[0] ?? 0, last: sorted.at(-1) ?? 0, widest: Math.max(0, ...gaps) };
}

interface Wait {
  /** The first of the others' runs in minutes after midnight; Infinity when there is none. */
  readonly first: number;
  /** The shortest wait that ends on the same day. */
  readonly within: number;
  /** The last run that waits for another day; -Infinity when none does. */
  readonly last: number;
}

function waitOf(minutes: readonly number[], others: readonly number[]): Wait {
  const waits = minutes.map((minute) => Math.min(...others.filter((other) => other > minute)) - minute);
  return {
    first: Math.min(...others),
    within: Math.min(...waits),
    last: Math.max(...minutes.filter((_, i) => waits[i] === Number.POSITIVE_INFINITY)),
  };
}

interface Plan {
  /** Minutes after midnight. */
  readonly minutes: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
}

/** Schedules that were parsed before: parsing one costs a millisecond, and the same few are asked about again and again. */
const known = new Map<string, Plan>();
const MOST_KNOWN = 200;

function parse(cron: string): Plan {
  const before = known.get(cron);
  if (before !== undefined) return before;
  const fields = CronExpressionParser.parse(cron, { tz: "UTC" }).fields;
  const plan = {
    minutes: fields.hour.values.flatMap((h) => fields.minute.values.map((m) => Number(h) * 60 + Number(m))),
    days: new Set(fields.dayOfMonth.values.map(Number)),
    months: new Set(fields.month.values.map(Number)),
    weekdays: new Set(fields.dayOfWeek.values.map((value) => Number(value) % 7)),
  };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(cron, plan);
  return plan;
}
