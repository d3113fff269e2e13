import type { Sum } from "./arithmetic.js";
import type { Way } from "./restore.js";

/** What can fail. `host` and `site` include the disks there; `vm` leaves them intact. */
export const FAILURES = ["process", "vm", "host", "site", "operatorError", "corruption"] as const;
export type Failure = (typeof FAILURES)[number];

/** What brings the service back. */
export type Means = "restart" | "failover" | Way["by"] | "nothing";

/** What the declaration achieves at worst when something fails, with the arithmetic shown. */
export interface Achieved {
  readonly failure: Failure;
  readonly by: Means;
  /** True when nobody has to be awake. */
  readonly automatic: boolean;
  /** Greatest loss of acknowledged transactions, in seconds; undefined when nothing recovers them. */
  readonly rpo?: number | undefined;
  /** Longest time without writes, in seconds; undefined when nothing recovers the service. */
  readonly rto?: number | undefined;
  /** How rpo was computed, such as "archive_timeout 60 s + push 10 s". */
  readonly rpoReason: string;
  readonly rtoReason: string;
}

/** Of what has reached the WAL on disk nothing is lost. */
export const NO_LOSS: Sum = { seconds: 0, text: "0 s: every acknowledged commit is in the WAL on disk" };

export function result(failure: Failure, by: Means, automatic: boolean, rpo: Sum, rto: Sum): Achieved {
  return {
    failure,
    by,
    automatic,
    rpo: rpo.seconds,
    rto: rto.seconds,
    rpoReason: rpo.text,
    rtoReason: rto.text,
  };
}

export function nothing(failure: Failure, why: string): Achieved {
  return { failure, by: "nothing", automatic: false, rpoReason: why, rtoReason: why };
}

/** The way that loses least. */
export function best(failure: Failure, ways: readonly (Way | undefined)[]): Achieved | undefined {
  const way = ways
    .filter((candidate) => candidate !== undefined)
    .toSorted((a, b) => a.rpo.seconds - b.rpo.seconds || a.rto.seconds - b.rto.seconds)[0];
  return way && result(failure, way.by, false, way.rpo, way.rto);
}
