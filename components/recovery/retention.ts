import type { Retention } from "../declaration/index.js";

/** A copy among others, whatever it is a copy of. */
export interface Copy {
  readonly name: string;
  /** When it was taken, in milliseconds since 1970. */
  readonly time: number;
  /** It was verified and nothing has spoken against it since. */
  readonly good: boolean;
  /** Something uses it right now. */
  readonly inUse?: boolean;
}

/** What goes and what stays, each from old to new. */
export interface RetentionChoice<C extends Copy> {
  readonly keep: readonly C[];
  readonly remove: readonly C[];
}

/**
 * Chooses which copies go: those older than `age`, except the newest `count` good ones, whatever their age, and those in use.
 * A copy that is not good never counts as one of the newest, and goes by age alone. The last good one therefore never goes.
 * A copy from the future (a clock was wrong) stays.
 *
 * @param now in milliseconds since 1970
 */
export function chooseRetention<C extends Copy>(
  copies: readonly C[],
  { age, count }: Retention,
  now: number,
): RetentionChoice<C> {
  const ordered = copies.toSorted((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1));
  const newest = new Set(ordered.filter(({ good }) => good).slice(-Math.max(1, count)));
  const stays = (copy: C): boolean =>
    newest.has(copy) || copy.inUse === true || now - copy.time <= age * 1000;
  return { keep: ordered.filter(stays), remove: ordered.filter((copy) => !stays(copy)) };
}
