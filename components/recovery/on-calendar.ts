import { CronExpressionParser } from "cron-parser";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/**
 * A declared schedule as systemd's OnCalendar expressions, in UTC. A declared schedule restricts the day of the month or
 * the weekday; one that restricts both means either of them in cron, which takes two expressions here.
 *
 * @param schedule five cron fields, as the declaration accepts them
 */
export function onCalendar(schedule: string): readonly string[] {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(schedule, {
    tz: "UTC",
  }).fields;
  const minutes = numbers(minute.values, 0, 59);
  const hours = numbers(hour.values, 0, 23);
  const months = numbers(month.values, 1, 12);
  const days = numbers(dayOfMonth.values, 1, 31);
  // By what was written: the parser shortens `*` to the days that the named month has.
  const [, , writtenDays, , writtenWeekdays] = schedule.trim().split(/\s+/);
  const weekdays = [...new Set(dayOfWeek.values.map((value) => Number(value) % 7))].toSorted((a, b) => a - b);
  const time = `${hours}:${minutes}:00 UTC`;
  const onDays = `*-${months}-${days} ${time}`;
  if (writtenWeekdays === "*" || weekdays.length === 7) return [onDays];
  const onWeekdays = `${weekdays.map((day) => WEEKDAYS[day]).join(",")} *-${months}-* ${time}`;
  return writtenDays === "*" || days === "*" ? [onWeekdays] : [onDays, onWeekdays];
}

/** Values of a field, two digits each; `*` for all. */
function numbers(values: readonly (number | string)[], low: number, high: number): string {
  const sorted = [...new Set(values.map(Number))].toSorted((a, b) => a - b);
  if (sorted.length === high - low + 1) return "*";
  return sorted.map((value) => String(value).padStart(2, "0")).join(",");
}
