import type { Context } from "../context.js";
import { OperationError } from "../errors.js";
import type { EvidenceRecord } from "../evidence/index.js";
import type { BackupTool, BaseBackup, Clock, Repository } from "../ports/index.js";
import { writeEvidence } from "./recovery/evidence.js";
import { FILES_STEP } from "./recovery/expiry.js";
import { primaryOf } from "./recovery/members.js";
import { Recorder } from "./recovery/recorder.js";
import { continuityOf, repositoryOf, withRepositoryLock } from "./recovery/repository.js";

/** Seconds a segment may take from its end to the repository. */
const PUSH_SLACK = 60;

export interface VerifyOptions {
  readonly evidence: string;
  /** Seconds the tool may take. @default 12 h */
  readonly timeout?: number;
}

/** Verifies every backup and the archive, and leaves a record. The verdict is the record's. */
export function verify(context: Context, options: VerifyOptions): Promise<EvidenceRecord> {
  return withRepositoryLock(context, "verify", () => check(context, options));
}

async function check(context: Context, options: VerifyOptions): Promise<EvidenceRecord> {
  const { tool } = repositoryOf(context);
  const { environment } = context.plan;
  const recorder = new Recorder(context.output, context.clock);
  let repository: Repository | undefined;
  const readable = await recorder.step("V1", "the repository can be read", async () => {
    repository = await tool.repository();
    if (repository.state !== "ok")
      throw new OperationError(`the repository is ${repository.state}: ${repository.detail}`);
    const flagged = repository.backups.filter(({ error }) => error);
    if (flagged.length > 0)
      throw new OperationError(
        `page checksums were wrong in ${flagged.map(({ label }) => label).join(", ")}`,
      );
    return `${repository.backups.length} backups`;
  });
  if (readable && repository !== undefined) {
    const { backups } = repository;
    await recorder.step(FILES_STEP, "every file is what was written", () =>
      checkFiles(tool, backups, options.timeout ?? 43200),
    );
    await recorder.step("V3", "the WAL has no gap", () => checkWal(tool, backups, context.clock));
    const timeout = environment.backup.wal?.archiveTimeout;
    if (timeout === undefined) recorder.skip("V4", "the archive is young", "no WAL archive is declared");
    else await recorder.step("V4", "the archive is young", () => checkAge(context, timeout));
  }
  return writeEvidence(context, options.evidence, "verify", recorder, {
    systemIdentifier: repository?.systemIdentifier,
    versions: { pgbackrest: await tool.version().catch(() => "unknown") },
  });
}

async function checkFiles(
  tool: BackupTool,
  backups: readonly BaseBackup[],
  timeout: number,
): Promise<{ detail: string; output: string }> {
  const report = await tool.verify(timeout);
  const problems = [...report.problems];
  for (const { label, needs } of backups) {
    if (!report.valid.includes(label)) problems.push(`backup ${label} was not called valid`);
    // The tool judges each backup alone; one that builds on a bad one cannot be restored either.
    const bad = needs.filter((need) => !report.valid.includes(need));
    if (bad.length > 0) problems.push(`backup ${label} needs ${bad.join(", ")}, which is not valid`);
  }
  if (problems.length > 0) throw new OperationError([...new Set(problems)].join("; "));
  return { detail: `status: ok, ${report.valid.length} backups valid`, output: report.output };
}

async function checkWal(tool: BackupTool, backups: readonly BaseBackup[], clock: Clock): Promise<string> {
  const problems = new Set<string>();
  let reaches = "";
  for (const backup of backups) {
    const found = await continuityOf(tool, backup, clock);
    for (const problem of found.problems) problems.add(problem);
    reaches = found.reaches;
  }
  if (problems.size > 0) throw new OperationError([...problems].join("; "));
  return `every backup can be rolled forward to ${reaches}`;
}

/** WAL in the open segment below which a server counts as idle: it switches no segment that holds only its own markers. */
const IDLE_BYTES = 65536;

/** The oldest WAL that is only on the primary must be younger than archive_timeout and the push. */
async function checkAge(context: Context, archiveTimeout: number): Promise<string> {
  const primary = await primaryOf(context);
  const [row = []] = await context.database(primary.name).query(
    `select coalesce(last_archived_wal, ''), coalesce(extract(epoch from clock_timestamp() - last_archived_time), -1),
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') % (16 * 1024 * 1024), failed_count,
       coalesce(last_failed_time > last_archived_time, last_failed_time is not null),
       (select count(*) from pg_ls_archive_statusdir() where name like '%.ready'),
       current_setting('archive_mode'), (select setting from pg_settings where name = 'archive_timeout')
     from pg_stat_archiver`,
  );
  const [
    archived = "",
    age = "",
    open = "",
    failed = "",
    failing = "",
    waiting = "",
    mode = "",
    timeout = "",
  ] = row;
  const problems: string[] = [];
  if (mode !== "on") problems.push(`archive_mode is ${mode} on ${primary.name}`);
  if (Number(timeout) === 0 || Number(timeout) > archiveTimeout)
    problems.push(`archive_timeout is ${timeout} s on ${primary.name}; ${archiveTimeout} s are declared`);
  if (failing === "t")
    problems.push(`archiving fails (${failed} failures, the newest after the last success)`);
  if (Number(waiting) > 2) problems.push(`${waiting} WAL files wait to be archived`);
  const idle = Number(open) < IDLE_BYTES;
  if (!idle && (archived === "" || Number(age) > archiveTimeout + PUSH_SLACK))
    problems.push(`the newest archived WAL (${archived || "none"}) is ${Math.round(Number(age))} s old`);
  if (problems.length > 0) throw new OperationError(problems.join("; "));
  if (archived === "") return "idle; nothing archived since the statistics began";
  return `${archived} archived ${Math.round(Number(age))} s ago${idle ? ", nothing written since" : ""}`;
}
