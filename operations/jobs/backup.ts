import type { Context } from "../context.js";
import { messageOf, OperationError } from "../errors.js";
import type { EvidenceRecord } from "../evidence/index.js";
import type { BackupTool, BaseBackup, Database } from "../ports/index.js";
import { ensureSchema } from "./recovery/canary.js";
import { storeCensus, takeCensus } from "./recovery/census.js";
import { writeEvidence } from "./recovery/evidence.js";
import { removal, requireValidFull } from "./recovery/expiry.js";
import { primaryOf } from "./recovery/members.js";
import { Recorder } from "./recovery/recorder.js";
import { continuityOf, repositoryOf, withRepositoryLock } from "./recovery/repository.js";

/** Seconds to wait for the repository's lock. */
const STANZA_PATIENCE = 180;

export interface BackupOptions {
  readonly type: BaseBackup["type"];
  readonly evidence: string;
  /** Seconds that the backup itself may take. @default 24 h */
  readonly timeout?: number;
}

/**
 * Takes a base backup and believes only the state afterwards: a new label, no error flag, its WAL in the archive. Retention
 * is applied in the end, when a good backup stands, and only if a full stays that was read back and found valid.
 */
export async function backup(context: Context, options: BackupOptions): Promise<EvidenceRecord | undefined> {
  const { guest, tool } = repositoryOf(context);
  if (context.dryRun) {
    const repository = await tool.repository();
    const gone = repository.state === "ok" ? (await removal(tool)).gone : [];
    context.output.info(
      `${guest}: repository is ${repository.state}; would take a ${options.type} backup, then remove ${gone.join(", ") || "nothing"}`,
    );
    return undefined;
  }
  return withRepositoryLock(context, `backup ${options.type}`, () => take(context, tool, options));
}

async function take(context: Context, tool: BackupTool, options: BackupOptions): Promise<EvidenceRecord> {
  const recorder = new Recorder(context.output, context.clock);
  let made: BaseBackup | undefined;
  let systemIdentifier: string | undefined;
  let known = new Set<string>();
  let manifestHash: string | undefined;
  const steps: [string, string, () => Promise<string>][] = [
    [
      "B1",
      "the repository is there",
      async () => {
        const before = await tool.repository();
        if (before.state === "missing") await createStanza(context, tool);
        if (before.state === "broken")
          throw new OperationError(
            `the repository cannot be read: ${before.detail}`,
            "a wrong passphrase looks like this; never make a new stanza over it",
          );
        known = new Set(before.backups.map(({ label }) => label));
        return before.state === "missing"
          ? "the stanza was created"
          : `${before.backups.length} backups, ${before.state}`;
      },
    ],
    [
      "B2",
      "the archive takes WAL",
      async () => {
        await tool.check(300);
        return "a forced WAL segment arrived in the archive";
      },
    ],
    [
      "B3",
      "count the rows",
      async () => {
        // The census is there to compare copies with. A backup without one is worth more than none.
        try {
          const primary = await primaryOf(context);
          systemIdentifier = primary.systemIdentifier;
          return await countRows(context, context.database(primary.name));
        } catch (error) {
          context.output.warn(`no census is stored with this backup: ${messageOf(error)}`);
          return `no census: ${messageOf(error)}`;
        }
      },
    ],
    [
      "B4",
      `${options.type} backup`,
      async () => {
        await tool.backup(options.type, options.timeout ?? 86400);
        return "the tool ended; its exit code proves nothing yet";
      },
    ],
    [
      "B5",
      "the new backup stands",
      async () => {
        const after = await tool.repository();
        made = after.backups.filter(({ label }) => !known.has(label)).at(-1);
        if (after.state !== "ok" || made === undefined)
          throw new OperationError(`no new backup is in the repository (${after.detail})`);
        if (made.error)
          throw new OperationError(`backup ${made.label} carries the error flag: page checksums are wrong`);
        const { problems } = await continuityOf(tool, made, context.clock);
        if (problems.length > 0) throw new OperationError(`backup ${made.label}: ${problems.join("; ")}`);
        manifestHash = await tool.manifestHash(made.label);
        return `${made.label}, ${made.size} bytes, WAL ${made.firstSegment} to ${made.lastSegment} archived`;
      },
    ],
    [
      "B6",
      "remove what is past its retention",
      async () => {
        const { gone, fulls } = await removal(tool);
        if (gone.length === 0) return "nothing is old enough";
        const proof = await requireValidFull(context, tool, fulls, options.evidence);
        await tool.expire(3600);
        const { backups } = await tool.repository();
        if (!backups.some(({ label }) => label === made?.label))
          throw new OperationError(`${made?.label} is gone after the removal of old backups`);
        return `removed ${gone.join(", ")}; ${proof}`;
      },
    ],
  ];
  for (const [id, name, action] of steps) if (!(await recorder.step(id, name, action))) break;
  return writeEvidence(context, options.evidence, "backup", recorder, {
    systemIdentifier,
    versions: { pgbackrest: await tool.version().catch(() => "unknown") },
    ...(made === undefined ? {} : { backup: { label: made.label, manifestHash } }),
  });
}

/** Stores a census beside the data. */
async function countRows(context: Context, database: Database): Promise<string> {
  const { environment } = context.plan;
  await ensureSchema(database, environment);
  const { counts, left } = await takeCensus(context, database, environment);
  await storeCensus(database, environment, counts, context.clock.now());
  const rows = counts.reduce((sum, count) => sum + count.rows, 0);
  const rest = left.length === 0 ? "" : `; ${left.length} tables too large, locked or left for want of time`;
  return `${counts.length} tables, ${rows} rows, stored beside the data${rest}`;
}

/** A server that pushes WAL into a repository without its stanza holds the lock now and then: it is waited for. */
async function createStanza({ clock }: Context, tool: BackupTool): Promise<void> {
  const began = clock.monotonic();
  while (!(await tool.createStanza())) {
    if (clock.monotonic() - began > STANZA_PATIENCE)
      throw new OperationError(
        `another pgBackRest has held the repository's lock for ${STANZA_PATIENCE} s`,
        "end it, or wait for its end, then repeat",
      );
    await clock.sleep(2);
  }
}
