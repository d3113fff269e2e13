import { z } from "zod";
import type { BaseBackup, Repository, RunResult, VerifyReport } from "../ports/index.js";

const backup = z.looseObject({
  archive: z.looseObject({ start: z.string(), stop: z.string() }),
  database: z.looseObject({ id: z.int() }),
  error: z.boolean().nullish(),
  info: z.looseObject({ size: z.number() }),
  label: z.string(),
  reference: z.array(z.string()).nullish(),
  timestamp: z.looseObject({ start: z.number(), stop: z.number() }),
  type: z.enum(["full", "diff", "incr"]),
});

const info = z.array(
  z.looseObject({
    name: z.string(),
    backup: z.array(backup).default([]),
    db: z.array(z.looseObject({ id: z.int(), "system-id": z.string(), version: z.string() })).default([]),
    status: z.looseObject({ code: z.int(), message: z.string() }),
    repo: z
      .array(z.looseObject({ status: z.looseObject({ code: z.int(), message: z.string() }) }))
      .default([]),
  }),
);

/** Errors 050, LockAcquireError, and 056, DbConnectError: no primary among the clusters that it could look at. */
const [LOCKED, NO_PRIMARY] = [50, 56];

/**
 * True when a command did nothing because another pgBackRest holds a lock, such as one that pushes WAL. A lock beside a remote
 * primary is told by a warning alone: the command then ends as if there were no primary.
 */
export function isLocked({ code, stdout, stderr }: RunResult): boolean {
  return code === LOCKED || (code === NO_PRIMARY && `${stdout}${stderr}`.includes("[LockAcquireError]"));
}

/** Reads `info --output=json` for one stanza. @throws Error when it is something else */
export function parseInfo(text: string, stanza: string): Repository {
  // The system identifier exceeds what a JavaScript number carries exactly, so it is made a text first.
  const exact = text.replace(/"system-id":(\d+)/g, '"system-id":"$1"');
  let input: unknown;
  try {
    input = JSON.parse(exact);
  } catch (error) {
    // Of a repository that it cannot decrypt the tool prints the bytes that it read, and JSON forbids some of them.
    const why = /"status":\{"code":99,"message":"((?:[^"\\]|\\[^n])*)/.exec(text)?.[1];
    if (why === undefined) throw error;
    return { state: "broken", detail: printable(why), systemIdentifier: undefined, backups: [] };
  }
  const parsed = info.parse(input);
  const found = parsed.find(({ name }) => name === stanza);
  if (found === undefined)
    return { state: "missing", detail: "no such stanza", systemIdentifier: undefined, backups: [] };
  const current = found.db.reduce<(typeof found.db)[number] | undefined>(
    (newest, db) => (newest === undefined || db.id > newest.id ? db : newest),
    undefined,
  );
  const versions = new Map(found.db.map(({ id, version }) => [id, version]));
  const backups = found.backup.map((entry): BaseBackup => {
    const { id } = entry.database;
    return {
      label: entry.label,
      type: entry.type,
      size: entry.info.size,
      error: entry.error ?? false,
      started: new Date(entry.timestamp.start * 1000),
      stopped: new Date(entry.timestamp.stop * 1000),
      needs: entry.reference ?? [],
      firstSegment: entry.archive.start,
      lastSegment: entry.archive.stop,
      archiveId: `${versions.get(id) ?? ""}-${id}`,
    };
  });
  const { code, message } = found.status;
  const why = found.repo.find(({ status }) => status.code === code)?.status.message ?? message;
  return {
    state: code === 0 ? "ok" : code === 1 ? "missing" : code === 2 ? "empty" : "broken",
    // Of an unreadable repository the tool prints the bytes; only the first line of it says something.
    detail: printable(why),
    systemIdentifier: current?.["system-id"],
    backups: backups.toSorted((a, b) => a.stopped.getTime() - b.stopped.getTime()),
  };
}

function printable(text: string): string {
  return (text.split("\n")[0] ?? "").replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 300);
}

/**
 * Reads `verify --output=text --verbose`. The tool exits with 0 whatever it finds, so this accepts only what says that all
 * is well: one `status: ok`, every backup `status: valid`, every count of faults 0, and no line that it does not know.
 */
export function parseVerify(text: string): VerifyReport {
  const problems: string[] = [];
  const valid: string[] = [];
  let status: string | undefined;
  let about = "repository";
  for (const line of text.split("\n").map((part) => part.trimEnd())) {
    if (line === "" || /^stanza: /.test(line)) continue;
    const overall = /^status: (\w+)/.exec(line);
    const archive = /^ {2}archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)$/.exec(line);
    const entry =
      /^ {2}backup: (\S+), status: (\S+), total files checked: (\d+), total valid files: (\d+)$/.exec(line);
    const faults = /^ {4}missing: (\d+), checksum invalid: (\d+), size invalid: (\d+), other: (\d+)$/.exec(
      line,
    );
    if (overall !== null) {
      status = overall[1];
      if (status !== "ok") problems.push(`the tool says "${line}"`);
    } else if (archive !== null) {
      about = `archive ${archive[1]}`;
      if (archive[2] !== archive[3])
        problems.push(`${about}: ${archive[3]} of ${archive[2]} WAL files are valid`);
    } else if (entry !== null) {
      about = `backup ${entry[1]}`;
      if (entry[2] === "valid" && entry[3] === entry[4]) valid.push(entry[1] ?? "");
      else problems.push(`${about} is ${entry[2]}: ${entry[4]} of ${entry[3]} files are valid`);
    } else if (faults !== null) {
      const [, missing, checksum, size, other] = faults;
      if ([missing, checksum, size, other].some((count) => count !== "0"))
        problems.push(
          `${about}: ${missing} missing, ${checksum} with a wrong checksum, ${size} with a wrong size, ${other} with other faults`,
        );
    } else {
      problems.push(line.trim().slice(0, 300));
    }
  }
  if (status === undefined) problems.unshift("the tool gave no status line");
  return { ok: problems.length === 0, problems, valid, output: text };
}

/** Labels in the output of `expire --dry-run`. */
export function parseExpire(text: string): readonly string[] {
  return [...text.matchAll(/remove expired backup (\S+)/g)].map((match) => match[1] ?? "");
}
