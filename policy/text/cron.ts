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
  return longestGapOf([schedule], { seconds });
}

/** The same of several schedules together: between a run of any of them and the next of any. Those that are none do not count. */
export function longestGapOf(schedules: readonly string[], { seconds = false } = {}): number | undefined {
  const all = schedules.map((schedule) => read(schedule, seconds));
  const gaps = all.map(({ every }) => every).filter((gap) => gap !== undefined);
  const crons = all.flatMap((each) => each.crons).filter(runs);
  if (crons.length > 0) gaps.push(longestInterval(...crons));
  return gaps.length === 0 ? undefined : positive(Math.min(...gaps));
}

/** What a schedule says: five fields, several where days are restricted both ways, or a time between runs. */
function read(
  schedule: string,
  seconds: boolean,
): { readonly every?: number | undefined; readonly crons: readonly string[] } {
  const plain = schedule.trim().replace(/^(?:CRON_)?TZ=\S+\s+/, "");
  const every = /^@every\s+(\S+)$/.exec(plain)?.[1];
  if (every !== undefined) return { every: positive(parseGoDuration(every)), crons: [] };
  const fields = (DESCRIPTORS[plain] ?? plain).split(/\s+/);
  if (seconds && !plain.startsWith("@")) {
    const [first = ""] = fields.splice(0, 1);
    if (!FIELD.test(first)) return { crons: [] };
  }
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field))) return { crons: [] };
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const star = (field: string): boolean => /^[*?]/.test(field);
  // Restricted both ways, cron runs when either fits.
  const days = star(day) || star(weekday) ? [[day, weekday]] : [[day, "*"], ["*", weekday]]; // prettier-ignore
  return { crons: days.map(([d, w]) => [minute, hour, d, month, w].join(" ")) };
}

/** False for what the parser refuses: out of range, or never. */
function runs(cron: string): boolean {
  try {
    return longestInterval(cron) > 0;
  } catch {
    return false;
  }
}

function positive(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}
