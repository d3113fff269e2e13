import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import type { BackupTool, Database } from "../../ports/index.js";
import { canariesOf, ensureSchema, newestCanary, writeCanary } from "../recovery/canary.js";

/** How long acknowledged rows were only on the primary, measured before the restore. */
export interface Exposure {
  /** Name under which the canaries were written. */
  readonly client: string;
  /** Seconds from the acknowledgement of the first canary to its arrival in the archive. */
  readonly seconds: number;
  /** Canaries acknowledged in that time: what a loss of all servers just before would have cost. */
  readonly rows: number;
  /** Number of the newest canary that must be in a copy restored to the newest state. */
  readonly safe: number;
  readonly written: Date;
}

/** Seconds between two canaries. */
const PACE = 1;

/**
 * Writes a canary row each second, as any client would, until the WAL of the first one is in the archive. No segment switch
 * is forced: the time that passes is the exposure that the declared archive_timeout really gives.
 *
 * @param limit seconds to wait at most
 */
export async function measureExposure(
  context: Context,
  tool: BackupTool,
  database: Database,
  archiveId: string,
  limit: number,
): Promise<Exposure> {
  const { clock, output } = context;
  const { environment } = context.plan;
  await ensureSchema(database, environment);
  const client = `restore-drill-${context.clock.now().toISOString()}`;
  const began = clock.monotonic();
  const written = await writeCanary(database, environment, client, 1);
  const acknowledged = clock.monotonic();
  const [row] = await database.query("select pg_walfile_name(pg_current_wal_insert_lsn())");
  const segment = row?.[0] ?? "";
  for (let count = 1; ;) {
    const waited = clock.monotonic() - acknowledged;
    const archive = await tool.archive(archiveId);
    if (archive.some(({ name }) => name === segment))
      return { client, seconds: round(clock.monotonic() - acknowledged), rows: count, safe: 1, written };
    if (waited > limit)
      throw new OperationError(
        `a row acknowledged ${Math.round(waited)} s ago is still not in the archive (segment ${segment})`,
      );
    output.progress(
      "waiting for the canary's WAL in the archive",
      Math.min(1, (clock.monotonic() - began) / limit),
    );
    await clock.sleep(PACE);
    count += 1;
    await writeCanary(database, environment, client, count);
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** Checks that a copy restored to the newest state holds every canary that was safe, and no gap among them. */
export async function checkExposure(context: Context, copy: Database, exposure: Exposure): Promise<string> {
  const found = await canariesOf(copy, context.plan.environment, exposure.client);
  for (let sequence = 1; sequence <= exposure.safe; sequence += 1)
    if (!found.has(sequence))
      throw new OperationError(
        `canary ${sequence}, written ${exposure.written.toISOString()} and archived since, is not in the copy: recovery ended too early`,
      );
  const newest = Math.max(...found);
  for (let sequence = 1; sequence <= newest; sequence += 1)
    if (!found.has(sequence))
      throw new OperationError(`canary ${sequence} is missing although ${newest} is there`);
  return `canaries 1 to ${newest} are in the copy`;
}

/** Checks that a copy restored to a moment holds what was acknowledged before it and nothing written after it. */
export async function checkTarget(
  context: Context,
  copy: Database,
  primary: Database | undefined,
  target: Date,
): Promise<string> {
  const { environment } = context.plan;
  const inCopy = await newestCanary(copy, environment);
  if (inCopy !== undefined && inCopy.getTime() > target.getTime())
    throw new OperationError(`the copy holds a row written at ${inCopy.toISOString()}, after the target`);
  // A row's time is taken before its commit; within this second the commit may lie on either side of the target.
  const before = new Date(target.getTime() - 1000);
  const onPrimary = primary && (await newestCanary(primary, environment, before));
  if (onPrimary !== undefined && (inCopy === undefined || inCopy < onPrimary))
    throw new OperationError(
      `the row written at ${onPrimary.toISOString()} is missing; the newest in the copy is ${inCopy?.toISOString() ?? "none"}`,
    );
  if (inCopy === undefined) return "no canary was written before the target";
  return `newest canary ${inCopy.toISOString()}, none after the target`;
}
