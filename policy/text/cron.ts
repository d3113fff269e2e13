import { longestInterval, parseGoDuration } from "../../components/declaration/index.js";

/** What the standard cron parser of Kubernetes and Velero puts in the place of five fields. */
const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const DAYS = "sun|mon|tue|wed|thu|fri|sat";
const FIELD = new RegExp(`^(?:\\*|\\?|\\d+|${MONTHS}|${DAYS}|[,/-])+$`, "i");

/**
 * The longest gap in seconds between two runs of a schedule as CronJobs and Velero read it: five fields, a descriptor such as
 * `@daily`, or `@every 6h`, after a time zone or not. Undefined when it is none, or never runs.
 *
 * @param seconds with a field for seconds in front, as CloudNativePG has it
 */
export function longestGap(schedule: string, { seconds = false } = {}): number | undefined {
  const plain = schedule.trim().replace(/^(?:CRON_)?TZ=\S+\s+/, "");
  const every = /^@every\s+(\S+)$/.exec(plain)?.[1];
  if (every !== undefined) return positive(parseGoDuration(every));
  const fields = (DESCRIPTORS[plain] ?? plain).split(/\s+/);
  if (seconds && !plain.startsWith("@")) {
    const [first = ""] = fields.splice(0, 1);
    if (!FIELD.test(first)) return undefined;
  }
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field))) return undefined;
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const star = (field: string): boolean => /^[*?]/.test(field);
  // Restricted both ways, cron runs when either fits.
  const days = star(day) || star(weekday) ? [[day, weekday]] : [[day, "*"], ["*", weekday]]; // prettier-ignore
  try {
    return positive(longestInterval(...days.map(([d, w]) => [minute, hour, d, month, w].join(" "))));
  } catch {
    return undefined; // The parser refuses what is out of range or never comes.
  }
}

function positive(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}
