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
    // The set of schedules that run on this day, as bits.
    let active = 0;
    plans.forEach((plan, i) => {
      if (runsOn(plan, date)) active |= 1 << i;
    });
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
