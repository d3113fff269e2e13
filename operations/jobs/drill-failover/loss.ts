import type { Ack } from "../../ports/index.js";

/** What a failure cost, seen by a client. All in seconds. */
export interface Loss {
  /** Acknowledged rows that the new primary does not hold. */
  readonly rows: number;
  /** From the newest acknowledged row that survived, before the lost ones, to the last lost one; 0 when none is lost. */
  readonly seconds: number;
  /** From the last acknowledgement before the service was lost to the first one after. */
  readonly outage: number;
  /** Milliseconds since 1970. */
  readonly outageFrom: number;
  readonly outageTo: number;
}

/**
 * Counts what was lost, from the client's own log and the rows that the new primary holds.
 *
 * @param acks the client's acknowledgements
 * @param present numbers of the client's rows on the new primary
 * @param lost when the failure was made, milliseconds since 1970
 * @returns undefined when no acknowledgement follows the failure
 */
export function lossOf(acks: readonly Ack[], present: ReadonlySet<number>, lost: number): Loss | undefined {
  const inOrder = acks.toSorted((a, b) => a.acked - b.acked);
  const missing = inOrder.filter(({ sequence }) => !present.has(sequence));
  // After the failure the service may go on for a moment (a cut is not felt at once), so the longest gap that ends after it is it.
  let outage: { from: number; to: number } | undefined;
  for (const [index, { acked: to }] of inOrder.entries()) {
    const from = inOrder[index - 1]?.acked;
    if (from === undefined || to <= lost) continue;
    if (outage === undefined || to - from > outage.to - outage.from) outage = { from, to };
  }
  if (outage === undefined) return undefined;
  const firstLost = missing[0];
  const lastLost = missing.at(-1);
  const survivor =
    firstLost === undefined
      ? undefined
      : inOrder.findLast(({ acked, sequence }) => acked <= firstLost.acked && present.has(sequence));
  const seconds =
    firstLost === undefined || lastLost === undefined
      ? 0
      : (lastLost.acked - (survivor?.acked ?? firstLost.sent)) / 1000;
  return {
    rows: missing.length,
    seconds: round(seconds),
    outage: round((outage.to - outage.from) / 1000),
    outageFrom: outage.from,
    outageTo: outage.to,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
