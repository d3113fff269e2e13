/** Time. A test or `--now` may set it; elapsed time always runs. */
export interface Clock {
  /** The moment by which ages, names and schedules are judged. */
  now(): Date;
  /** Seconds on a clock that never jumps, for measuring. */
  monotonic(): number;
  sleep(seconds: number): Promise<void>;
}
