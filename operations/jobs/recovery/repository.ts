import { pgbackrest } from "../../adapters/pgbackrest.js";
import type { Context } from "../../context.js";
import { UsageError } from "../../errors.js";
import type { BackupTool, BaseBackup, Clock } from "../../ports/index.js";
import { parseSegment, timelineName } from "../../wal-segment.js";
import { withGuestLock } from "../lock.js";
import { newestTimeline, walContinuity, type Continuity } from "./wal-continuity.js";

/** The guest of the repository and the tool there. @throws UsageError when no base backup is declared */
export function repositoryOf(context: Context): { readonly guest: string; readonly tool: BackupTool } {
  const { repository, stanza } = context.plan;
  if (repository === undefined)
    throw new UsageError("no base backup is declared", "backup.base and kvm.witness in the declaration");
  return { guest: repository, tool: pgbackrest(context.agent(repository), stanza) };
}

/** Seconds for which a job waits for another one on the repository: reading all of it back takes hours. */
const REPOSITORY_WAIT = 43200;

/**
 * Runs something while no other job works on the repository. The lock is not the guest's own: a snapshot or a replication
 * of that guest need not wait for a backup of hours.
 */
export function withRepositoryLock<T>(context: Context, job: string, action: () => Promise<T>): Promise<T> {
  const { guest } = repositoryOf(context);
  const host = context.host(context.guest(guest).host);
  return withGuestLock(context, host, `${guest}-repository`, job, action, REPOSITORY_WAIT);
}

/**
 * How far the WAL of a backup reaches, and what is missing in it. Segments are pushed by several processes, so a younger one may arrive a little
 * before an older one: a gap counts when it stays.
 */
export async function continuityOf(tool: BackupTool, backup: BaseBackup, clock: Clock): Promise<Continuity> {
  for (let attempt = 1; ; attempt += 1) {
    const files = await tool.archive(backup.archiveId);
    const newest = newestTimeline(files);
    const branched =
      newest > (parseSegment(backup.firstSegment)?.timeline ?? newest) &&
      files.some(({ name }) => name === `${timelineName(newest)}.history`);
    const history = branched ? await tool.history(backup.archiveId, newest) : undefined;
    const found = walContinuity(backup, files, history);
    if (found.problems.length === 0 || attempt === 4) return found;
    await clock.sleep(3);
  }
}
