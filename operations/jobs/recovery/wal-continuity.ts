import { parseSegment, segmentAt, segmentName, timelineName } from "../../wal-segment.js";
import type { ArchivedFile, BaseBackup } from "../../ports/index.js";

/** Whether the WAL from a backup's start to the end of the archive is there without a gap. */
export interface Continuity {
  /** Newest segment that a restore of this backup reaches. */
  readonly reaches: string;
  /** Names of missing segments, at most ten, and what else is wrong. */
  readonly problems: readonly string[];
}

/** A timeline that recovery goes through. */
interface Stretch {
  readonly timeline: number;
  /** First segment that recovery reads of it: the one in which it was forked off. */
  readonly from: number;
  /** Segment in which the next one was forked off; undefined of the newest. */
  readonly fork?: number | undefined;
}

/** The newest timeline of an archive; 0 when it is empty. */
export function newestTimeline(files: readonly ArchivedFile[]): number {
  return Math.max(0, ...new Set(files.map(({ name }) => Number.parseInt(name.slice(0, 8), 16))));
}

/**
 * Walks from the backup's first segment to the newest one, over every timeline that leads to the newest. pgBackRest's own
 * verification does not look for gaps (measured with 2.55.1 and 2.60.0: `status: ok` with a segment removed), and recovery
 * ends at a gap as if the archive ended there, without an error.
 *
 * @param history content of the newest timeline's history file; only it tells where a timeline begins, and the old one's
 * segments beyond that are no part of the way
 */
export function walContinuity(
  backup: BaseBackup,
  files: readonly ArchivedFile[],
  history: string | undefined,
): Continuity {
  const first = parseSegment(backup.firstSegment);
  const last = parseSegment(backup.lastSegment);
  if (first === undefined || last === undefined)
    return { reaches: backup.firstSegment, problems: [`backup ${backup.label} names no WAL segments`] };
  const present = new Map<number, Set<number>>();
  const histories = new Set<number>();
  for (const { name } of files) {
    const segment = parseSegment(name);
    if (segment === undefined) histories.add(Number.parseInt(name.slice(0, 8), 16));
    else {
      const numbers = present.get(segment.timeline) ?? new Set<number>();
      present.set(segment.timeline, numbers.add(segment.number));
    }
  }
  const problems: string[] = [];
  const newest = Math.max(first.timeline, newestTimeline(files));
  // Recovery asks for one history file after the other and takes the last one before a gap for the newest.
  for (let timeline = first.timeline + 1; timeline <= newest; timeline += 1)
    if (!histories.has(timeline)) problems.push(`${timelineName(timeline)}.history is missing`);

  const way = newest === first.timeline ? [] : wayTo(newest, history ?? "", first.timeline);
  const [own] = way;
  if (newest > first.timeline && own === undefined && histories.has(newest))
    problems.push(
      `timeline ${newest} does not come from timeline ${first.timeline}: backup ${backup.label} can only be restored to its own timeline`,
    );
  if (own?.fork !== undefined && last.number > own.fork)
    problems.push(
      `backup ${backup.label} ended after timeline ${first.timeline} was left: it can only be restored to its own timeline`,
    );
  // A backup may end in the segment of the fork: then a later timeline holds its last WAL, too.
  const heldLater = way.slice(1).some(({ timeline }) => present.get(timeline)?.has(last.number) === true);
  let reaches = { timeline: first.timeline, number: first.number - 1 };
  for (const { timeline, from, fork } of own === undefined ? [{ timeline: first.timeline, from: 0 }] : way) {
    const numbers = present.get(timeline);
    const begin = timeline === first.timeline ? first.number : from;
    // The segment of the fork begins as a copy of the old timeline's, so the new one's is all that is needed.
    const end = fork === undefined ? largest(numbers) : fork - 1;
    const until = timeline === first.timeline && !heldLater ? Math.max(last.number, end) : end;
    missing(timeline, begin, until, numbers, problems);
    if (until >= begin) reaches = { timeline, number: until };
  }
  return { reaches: segmentName(reaches), problems };
}

/** The timelines from a backup's to the newest; empty when the newest does not come from it. */
function wayTo(newest: number, history: string, from: number): readonly Stretch[] {
  const forks = [...history.matchAll(/^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/gim)].map(
    ([, timeline, lsn = ""]) => ({
      timeline: Number(timeline),
      fork: segmentAt(lsn),
    }),
  );
  const start = forks.findIndex(({ timeline }) => timeline === from);
  if (start < 0) return [];
  const way = [...forks.slice(start), { timeline: newest, fork: undefined }];
  return way.map(({ timeline, fork }, index) => ({ timeline, fork, from: way[index - 1]?.fork ?? 0 }));
}

function missing(
  timeline: number,
  from: number,
  to: number,
  numbers: ReadonlySet<number> | undefined,
  problems: string[],
): void {
  let count = 0;
  for (let number = from; number <= to; number += 1) {
    if (numbers?.has(number) === true) continue;
    count += 1;
    if (count <= 10) problems.push(`WAL segment ${segmentName({ timeline, number })} is missing`);
  }
  if (count > 10) problems.push(`and ${count - 10} more segments of timeline ${timeline}`);
}

function largest(numbers: ReadonlySet<number> | undefined): number {
  let most = -1;
  for (const number of numbers ?? []) most = Math.max(most, number);
  return most;
}
