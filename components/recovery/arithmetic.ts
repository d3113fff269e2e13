import { formatDuration } from "../declaration/index.js";

/** One term of a sum: what it is and how long it lasts. */
export interface Term {
  readonly what: string;
  /** Whole seconds. */
  readonly seconds: number;
}

/** A sum with its arithmetic in words, such as "ttl 30 s + loop_wait 10 s = 40 s". */
export interface Sum {
  readonly seconds: number;
  readonly text: string;
}

/** Adds terms up; terms of no length are left out of the text. */
export function sum(...terms: readonly Term[]): Sum {
  const counted = terms.filter(({ seconds }) => seconds > 0);
  const seconds = counted.reduce((total, term) => total + term.seconds, 0);
  const parts = counted.map((term) => `${term.what} ${formatDuration(term.seconds)}`);
  if (parts.length === 0) return { seconds: 0, text: formatDuration(0) };
  return {
    seconds,
    text: parts.length === 1 ? (parts[0] ?? "") : `${parts.join(" + ")} = ${formatDuration(seconds)}`,
  };
}

/** Time that an amount of bytes takes, rounded up to whole seconds. */
export function transfer(what: string, bytes: number, bytesPerSecond: number): Term {
  return { what, seconds: Math.ceil(bytes / bytesPerSecond) };
}
