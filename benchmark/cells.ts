import type { Series } from "./report.js";
import { median, range, seconds } from "./statistics.js";

/** Times as a cell of a table: the median, and the smallest and largest. */
export function spread(times: readonly number[] | undefined): string {
  if (times === undefined) {
    return "";
  }
  const [least, most] = range(times);
  const middle = `**${seconds(median(times))}**`;
  return times.length === 1 ? middle : `${middle} (${seconds(least)} to ${seconds(most)})`;
}

/** Processor time against that of another. */
export function ratio(series: Series, base: Series): string {
  return (median(series.processor) / median(base.processor)).toFixed(2);
}
