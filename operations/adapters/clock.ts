import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../ports/index.js";

/** The machine's clock; with `start`, one that begins there and runs on at the same pace. */
export function systemClock(start?: Date): Clock {
  const monotonic = (): number => Number(process.hrtime.bigint()) / 1e9;
  const began = monotonic();
  return {
    now: () => (start === undefined ? new Date() : new Date(start.getTime() + (monotonic() - began) * 1000)),
    monotonic,
    sleep: (seconds) => delay(seconds * 1000),
  };
}
