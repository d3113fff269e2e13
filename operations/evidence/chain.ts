import { canonicalJson, sha256, type Json } from "./canonical.js";
import { EVIDENCE_KINDS, type EvidenceBody, type EvidenceRecord } from "./record.js";

/** What the first record of a chain names as its predecessor. */
export const GENESIS = "0".repeat(64);

/** The end of a chain. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

/** Result of reading a chain. */
export interface Chain {
  /** Records up to the first problem; all of them when there is none. */
  readonly records: readonly EvidenceRecord[];
  /** Everything that is wrong, one sentence each; empty for an intact chain. */
  readonly problems: readonly string[];
  /** Bytes after the last line feed: a write that a crash cut short. Empty in an intact file. */
  readonly torn: Buffer;
  readonly head: Head;
}

/** Links a body to the chain. */
export function seal(body: EvidenceBody, { sequence, hash }: Head): EvidenceRecord {
  const linked = {
    ...body,
    format: "pgkeep/evidence/1" as const,
    sequence: sequence + 1,
    previous: hash,
  };
  return { ...linked, hash: hashOf(linked) };
}

/** The line of a record, with its line feed. */
export function lineOf(record: EvidenceRecord): string {
  return `${canonicalJson(record as unknown as Json)}\n`;
}

function hashOf(record: Omit<EvidenceRecord, "hash">): string {
  return sha256(canonicalJson(record as unknown as Json));
}

/**
 * Reads a chain and checks every link: each line is exactly the canonical JSON of its record, each hash fits, each record
 * names the one before, numbers run on without a gap, and a chain that does not begin at 1 begins after a record whose
 * removal a later retention record tells.
 */
export function readChain(content: Buffer): Chain {
  const problems: string[] = [];
  const records: EvidenceRecord[] = [];
  const end = content.lastIndexOf(0x0a) + 1;
  const torn = content.subarray(end);
  if (torn.length > 0)
    problems.push(`the last line is incomplete (${torn.length} bytes without a line feed)`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content.subarray(0, end));
  } catch {
    return { records: [], problems: [...problems, "the file is not UTF-8 text"], torn, head: emptyHead() };
  }
  const lines = text.split("\n").slice(0, -1);
  let first: EvidenceRecord | undefined;
  let previous: EvidenceRecord | undefined;
  for (const [index, line] of lines.entries()) {
    const record = parseLine(line, index + 1, problems);
    if (record === undefined) break;
    if (previous !== undefined) {
      if (record.sequence !== previous.sequence + 1)
        problems.push(`line ${index + 1}: number ${record.sequence} follows ${previous.sequence}`);
      if (record.previous !== previous.hash)
        problems.push(
          `line ${index + 1}: does not continue the record before it (number ${previous.sequence})`,
        );
    }
    if (problems.length > (torn.length > 0 ? 1 : 0)) break;
    first ??= record;
    previous = record;
    records.push(record);
  }
  if (first !== undefined) checkBeginning(first, records, problems);
  return {
    records,
    problems,
    torn,
    head: previous === undefined ? emptyHead() : { sequence: previous.sequence, hash: previous.hash },
  };
}

function emptyHead(): Head {
  return { sequence: 0, hash: GENESIS };
}

function checkBeginning(first: EvidenceRecord, records: readonly EvidenceRecord[], problems: string[]): void {
  if (first.sequence === 1) {
    if (first.previous !== GENESIS) problems.push("line 1: the first record names a record before it");
    return;
  }
  const told = records.some(
    ({ kind, removed }) =>
      kind === "retention" && removed?.sequence === first.sequence - 1 && removed.hash === first.previous,
  );
  if (!told)
    problems.push(
      `line 1: records 1 to ${first.sequence - 1} are missing and no retention record tells of their removal`,
    );
}

function parseLine(line: string, number: number, problems: string[]): EvidenceRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    problems.push(`line ${number}: is not JSON`);
    return undefined;
  }
  if (!isRecord(value)) {
    problems.push(`line ${number}: is not an evidence record`);
    return undefined;
  }
  if (canonicalJson(value as unknown as Json) !== line) {
    problems.push(`line ${number}: was written by something else (not in canonical form)`);
    return undefined;
  }
  const { hash, ...rest } = value;
  if (hashOf(rest) !== hash) {
    problems.push(`line ${number}: its content does not fit its hash (number ${value.sequence})`);
    return undefined;
  }
  return value;
}

function isRecord(value: unknown): value is EvidenceRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Record<string, unknown>;
  return (
    record["format"] === "pgkeep/evidence/1" &&
    Number.isSafeInteger(record["sequence"]) &&
    Number(record["sequence"]) >= 1 &&
    typeof record["previous"] === "string" &&
    typeof record["hash"] === "string" &&
    typeof record["id"] === "string" &&
    (EVIDENCE_KINDS as readonly unknown[]).includes(record["kind"]) &&
    typeof record["started"] === "string" &&
    typeof record["finished"] === "string" &&
    Array.isArray(record["steps"])
  );
}
