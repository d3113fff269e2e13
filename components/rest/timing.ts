import { ApiError } from "./errors.js";

/** Patience with a server, in milliseconds; tests bring their own. */
export interface Timing {
  /** Attempts of one call, the first included. */
  readonly attempts: number;
  /** Pause after the first failure; doubles with each. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** One request, from the connection to the last byte. */
  readonly request: number;
  /** Between two looks at something that takes a while. */
  readonly poll: number;
}

export const TIMING: Timing = {
  attempts: 6,
  firstPause: 500,
  longestPause: 15_000,
  request: 60_000,
  poll: 2_000,
};

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Length of a pause: doubled each time, half of it by chance, so that clients do not come back all at once. */
export function pauseAfter(
  failures: number,
  { firstPause, longestPause }: Timing,
  random = Math.random(),
): number {
  return Math.min(longestPause, firstPause * 2 ** (failures - 1)) * (0.5 + random / 2);
}

/** Does it again after failures of the given kinds, as often as the timing allows. */
export async function retrying<T>(
  timing: Timing,
  again: (error: ApiError) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || !again(error) || failures >= timing.attempts) throw error;
      const asked = Math.min((error.retryAfter ?? 0) * 1000, timing.longestPause);
      await pause(Math.max(asked, pauseAfter(failures, timing)));
    }
  }
}
