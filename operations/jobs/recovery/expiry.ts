import type { Context } from "../../context.js";
import { OperationError, RefusedError } from "../../errors.js";
import { EvidenceStore } from "../../evidence/index.js";
import type { BackupTool, BaseBackup } from "../../ports/index.js";
import { judgeAge } from "../status/age.js";

/** Seconds that a verification before a removal may take. */
const VERIFY_TIMEOUT = 43200;

/** What a removal would do. */
export interface Removal {
  /** Labels that go. */
  readonly gone: readonly string[];
  /** Fulls that stay and carry no error flag, oldest first. */
  readonly fulls: readonly BaseBackup[];
}

/** What retention would remove now. @throws RefusedError when no full without an error flag would stay */
export async function removal(tool: BackupTool): Promise<Removal> {
  const gone = new Set(await tool.expirable());
  const { backups } = await tool.repository();
  const fulls = backups.filter(({ label, type, error }) => type === "full" && !error && !gone.has(label));
  if (gone.size > 0 && fulls.length === 0)
    throw new RefusedError(
      `removing ${[...gone].join(", ")} would leave no good full backup`,
      "take a full backup that succeeds first",
    );
  return { gone: [...gone], fulls };
}

/**
 * Proves that one of the fulls that stay can be read back. The error flag tells of the time of the backup only; a disk that
 * goes bad damages what is already there. The newest scheduled verification is proof for what was there when it began;
 * without it the repository is verified now.
 *
 * @param evidence file with the records of earlier verifications
 * @throws OperationError when none of them is valid: then what is past its retention may be the last good copy
 */
export async function requireValidFull(
  context: Context,
  tool: BackupTool,
  fulls: readonly BaseBackup[],
  evidence: string,
): Promise<string> {
  const proven = verifiedFull(context, fulls, evidence);
  if (proven !== undefined) return proven;
  context.output.info(
    "no verification of late proves a full that stays, so the repository is verified first",
  );
  const report = await tool.verify(VERIFY_TIMEOUT);
  const found = fulls.find(({ label }) => report.valid.includes(label));
  if (found !== undefined) return `${found.label} was verified just now`;
  throw new OperationError(
    `nothing was removed: no full that would stay is valid (${report.problems.join("; ").slice(0, 500) || "none was verified"})`,
    "look at the repository's disk; what is past its retention may be the last good copy",
  );
}

/** A full that the newest verification found valid; undefined when that one failed, is too old or older than every full. */
function verifiedFull(
  { plan, clock }: Context,
  fulls: readonly BaseBackup[],
  evidence: string,
): string | undefined {
  const { records } = new EvidenceStore(evidence).read();
  const last = records
    .filter(({ kind, environment }) => kind === "verify" && environment === plan.environment.name)
    .at(-1);
  const files = last?.steps.find(({ id }) => id === FILES_STEP);
  if (last === undefined || files?.outcome !== "passed") return undefined;
  const began = new Date(last.started);
  const { schedule } = plan.environment.backup.verification;
  if (judgeAge("verification", schedule, began, clock.now()).overdue) return undefined;
  const found = fulls.find(({ stopped }) => stopped < began);
  return found && `${found.label} was found valid at ${last.finished}`;
}

/** Step of the job `verify` that reads every file of every backup. */
export const FILES_STEP = "V2";
