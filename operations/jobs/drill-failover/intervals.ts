import type { ClientEvent } from "../../ports/index.js";

/** A time in which a member accepted writes without a failure in between; milliseconds since 1970. */
export interface Interval {
  readonly member: string;
  /** The first write of it was sent. */
  readonly from: number;
  /** The last write of it was acknowledged. */
  readonly to: number;
  readonly writes: number;
}

/** Two members accepted writes at the same time. */
export interface Overlap {
  readonly one: Interval;
  readonly other: Interval;
  /** Milliseconds. */
  readonly length: number;
}

/**
 * Intervals in which a member was primary, from a probe that writes to that member's own address all the time. A failed write
 * ends an interval only when the server refused it: a write without an answer says nothing about what the server would
 * have accepted from others.
 */
export function intervalsOf(member: string, events: readonly ClientEvent[]): readonly Interval[] {
  const intervals: Interval[] = [];
  let open: { from: number; to: number; writes: number } | undefined;
  for (const event of events.toSorted((a, b) => a.sent - b.sent)) {
    if (event.kind === "ack") {
      open = {
        from: open?.from ?? event.sent,
        to: Math.max(open?.to ?? 0, event.acked),
        writes: (open?.writes ?? 0) + 1,
      };
    } else if (open !== undefined && isRefusal(event.reason)) {
      intervals.push({ member, ...open });
      open = undefined;
    }
  }
  return open === undefined ? intervals : [...intervals, { member, ...open }];
}

/** The server answered, and the answer was no: read-only, in recovery, shutting down, or nothing listens there. */
export function isRefusal(reason: string): boolean {
  return /^(?:25006|57P0[123]|ECONNREFUSED)\b/.test(reason);
}

/** Every pair of intervals of different members that share a moment. Empty: never two primaries. */
export function overlapsOf(intervals: readonly Interval[]): readonly Overlap[] {
  const inOrder = intervals.toSorted((a, b) => a.from - b.from);
  const overlaps: Overlap[] = [];
  for (const [index, one] of inOrder.entries()) {
    for (const other of inOrder.slice(index + 1)) {
      if (other.from > one.to) break;
      if (other.member !== one.member)
        overlaps.push({ one, other, length: Math.min(one.to, other.to) - other.from });
    }
  }
  return overlaps;
}
