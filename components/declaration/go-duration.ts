import type { z } from "zod";
import { refuse, text } from "./units.js";

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a duration as Go's time.ParseDuration reads it, such as `720h` or `1h30m`; undefined for anything else, `30d` too. */
export function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)].reduce(
    (sum, [, number = "", unit = ""]) => sum + Number(number) * (SECONDS[unit] ?? 0),
    0,
  );
}

const REMEDY = "a number and a unit of h, m or s, such as 168h, 10m or 1h30m; Go knows no days";

/**
 * A duration as Go reads it, kept as it was given: Velero's objects carry it as text, which the API server takes whatever it says.
 *
 * @param bounds inclusive, as durations of Go
 */
export function goDuration({ min, max }: { readonly min: string; readonly max: string }): z.ZodString {
  const [low = 0, high = 0] = [parseGoDuration(min), parseGoDuration(max)];
  return text(REMEDY).superRefine((value, context) => {
    const seconds = parseGoDuration(value);
    if (seconds === undefined) refuse(context, "is no duration of Go", REMEDY);
    else if (seconds < low) refuse(context, `is less than ${min}`, `at least ${min}`);
    else if (seconds > high) refuse(context, `is more than ${max}`, `at most ${max}`);
  });
}
