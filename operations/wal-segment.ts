/** Segments in one "log file" of 4 GiB, with segments of 16 MiB: pgkeep never changes their size. */
const SEGMENTS_A_LOG = 0x100;

/** A WAL segment of 16 MiB. */
export interface Segment {
  readonly timeline: number;
  /** Counts on over all logs. */
  readonly number: number;
}

/** Reads the name of a WAL segment; undefined for a history file. */
export function parseSegment(name: string): Segment | undefined {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name);
  if (match === null) return undefined;
  const [, timeline = "", log = "", segment = ""] = match;
  return {
    timeline: Number.parseInt(timeline, 16),
    number: Number.parseInt(log, 16) * SEGMENTS_A_LOG + Number.parseInt(segment, 16),
  };
}

export function segmentName({ timeline, number }: Segment): string {
  return timelineName(timeline) + hex(Math.floor(number / SEGMENTS_A_LOG)) + hex(number % SEGMENTS_A_LOG);
}

/** The timeline as names of files carry it. */
export function timelineName(timeline: number): string {
  return hex(timeline);
}

/** Number of the segment that holds a position such as 1/A3000028. */
export function segmentAt(lsn: string): number {
  const [log = "", offset = ""] = lsn.split("/");
  return Number.parseInt(log, 16) * SEGMENTS_A_LOG + Math.floor(Number.parseInt(offset, 16) / 2 ** 24);
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}
