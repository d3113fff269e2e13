import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { canonicalJson } from "./canonical.js";
import { lineOf, readChain, seal, type Chain, type Head } from "./chain.js";
import { withLock } from "./lock.js";
import type { EvidenceBody, EvidenceRecord } from "./record.js";

/** Result of an append. */
export interface Appended {
  readonly record: EvidenceRecord;
  /** What was healed on the way, one sentence each. */
  readonly healed: readonly string[];
}

/** Result of a verification. */
export interface Verification {
  readonly intact: boolean;
  readonly problems: readonly string[];
  readonly records: readonly EvidenceRecord[];
  readonly head: Head;
}

/**
 * The evidence file of a host: one record a line, appended under a lock and flushed to disk, each linked to the one
 * before by hash. Beside it `<file>.head` names the newest record, so that cutting off the end is found too.
 *
 * A hash chain shows changes made by anyone who does not write the whole chain anew; whoever wants to be safe from that
 * keeps the head's hash elsewhere (every report prints it) and passes it to {@link EvidenceStore.verify}.
 */
export class EvidenceStore {
  constructor(
    readonly path: string,
    private readonly lockTimeout = 30_000,
  ) {}

  private get headPath(): string {
    return `${this.path}.head`;
  }

  /** Reads all records and checks them. */
  read(): Chain {
    return readChain(readIfThere(this.path));
  }

  /**
   * Appends a record and returns when it is on disk. An incomplete last line, left by a crash, is moved to
   * `<file>.torn-<time>` first. A record whose id is there already is not written again: two calls may have watched one run.
   *
   * @throws Error when the chain is broken: evidence is never added to a chain that cannot be trusted
   */
  async append(body: EvidenceBody, now: Date = new Date()): Promise<Appended> {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o750 });
    return withLock(`${this.path}.lock`, this.lockTimeout, () => {
      const healed: string[] = [];
      const chain = this.soundChain(healed, now);
      const known = chain.records.find(({ id }) => id === body.id);
      if (known !== undefined) return { record: known, healed };
      const record = seal(body, chain.head);
      this.write(lineOf(record));
      this.writeHead(record);
      return { record, healed };
    });
  }

  /**
   * Checks the chain, the head beside it and, when given, a head kept elsewhere.
   *
   * @param expected hash of a record that must be in the chain, such as the head that an older report prints
   */
  verify(expected?: string): Verification {
    const chain = this.read();
    const problems = [...chain.problems];
    const noted = this.readHead(problems);
    if (problems.length === 0 && noted !== undefined) problems.push(...compareHead(chain, noted));
    if (problems.length === 0 && expected !== undefined && !knows(chain, expected))
      problems.push(`no record has the hash ${expected}`);
    return { intact: problems.length === 0, problems, records: chain.records, head: chain.head };
  }

  /**
   * Removes records that ended before `before`, keeps the chain verifiable, and returns how many went. First a retention
   * record is appended that names the last removed record, then the file is replaced: a run that dies between the two is
   * finished by the next.
   */
  async prune(
    before: Date,
    body: (removed: NonNullable<EvidenceBody["removed"]>) => EvidenceBody,
  ): Promise<number> {
    if (readIfThere(this.path).length === 0) return 0;
    return withLock(`${this.path}.lock`, this.lockTimeout, () => {
      const chain = this.soundChain([], before);
      const limit = before.toISOString();
      // Only from the front, so that what stays is one piece; the newest record always stays.
      const stay = chain.records.findIndex(
        ({ finished }, index) => finished >= limit || index === chain.records.length - 1,
      );
      const last = chain.records[stay - 1];
      if (last === undefined) return 0;
      const known = chain.records.some(({ removed }) => removed?.hash === last.hash);
      let kept = chain.records.slice(stay);
      if (!known) {
        const record = seal(body({ sequence: last.sequence, hash: last.hash, count: stay }), chain.head);
        this.write(lineOf(record));
        this.writeHead(record);
        kept = [...kept, record];
      }
      replaceFile(this.path, kept.map(lineOf).join(""));
      return stay;
    });
  }

  private soundChain(healed: string[], now: Date): Chain {
    let chain = this.read();
    if (chain.torn.length > 0) {
      const aside = `${this.path}.torn-${now.toISOString().replace(/[:.]/g, "")}`;
      writeFileSync(aside, chain.torn, { mode: 0o640, flush: true });
      const content = readIfThere(this.path);
      replaceFile(this.path, content.subarray(0, content.length - chain.torn.length));
      healed.push(`an incomplete last line (${chain.torn.length} bytes) was moved to ${aside}`);
      chain = this.read();
    }
    const problems = [...chain.problems];
    const noted = this.readHead(problems);
    if (problems.length === 0 && noted !== undefined) problems.push(...compareHead(chain, noted));
    if (problems.length > 0)
      throw new Error(
        `the evidence in ${this.path} is damaged: ${problems.join("; ")}. Keep the file for inquiry (move it and ${this.headPath} away); the next record then begins a new chain`,
      );
    return chain;
  }

  private write(line: string): void {
    const file = openSync(this.path, "a", 0o640);
    try {
      const bytes = Buffer.from(line);
      let written = 0;
      while (written < bytes.length) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncDirectory(this.path);
  }

  private writeHead({ sequence, hash }: Head): void {
    replaceFile(this.headPath, `${canonicalJson({ sequence, hash })}\n`);
  }

  private readHead(problems: string[]): Head | undefined {
    const content = readIfThere(this.headPath).toString("utf8");
    if (content === "") {
      if (readIfThere(this.path).length > 0) problems.push(`${this.headPath} is missing`);
      return undefined;
    }
    const match = /^\{"hash":"([0-9a-f]{64})","sequence":(\d+)\}\n$/.exec(content);
    if (match?.[1] === undefined) {
      problems.push(`${this.headPath} is not readable`);
      return undefined;
    }
    return { hash: match[1], sequence: Number(match[2]) };
  }
}

/** The head may be one behind (a crash between the two writes), never ahead and never different. */
function compareHead({ records, head }: Chain, noted: Head): string[] {
  if (noted.sequence > head.sequence)
    return [`records ${head.sequence + 1} to ${noted.sequence} were cut off the end`];
  if (noted.sequence < head.sequence - 1)
    return [`the noted head is number ${noted.sequence}, but the chain goes on to ${head.sequence}`];
  const named = records.find(({ sequence }) => sequence === noted.sequence);
  return named !== undefined && named.hash !== noted.hash
    ? [`record ${noted.sequence} is not the one that was noted`]
    : [];
}

function knows({ records, head }: Chain, hash: string): boolean {
  return (
    head.hash === hash || records.some((record) => record.hash === hash || record.removed?.hash === hash)
  );
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

function replaceFile(path: string, content: string | Buffer): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { mode: 0o640, flush: true });
  renameSync(temporary, path);
  syncDirectory(path);
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
