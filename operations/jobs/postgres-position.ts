import { z } from "zod";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { GuestAgentError, GuestCommandError } from "../ports/index.js";

/** Role for maintenance: may checkpoint and read statistics, owns nothing. Mapped to the account postgres. */
export const MAINTENANCE_ROLE = "maint";

/** Where a server stands. */
export const positionSchema = z.object({
  systemIdentifier: z.string(),
  timeline: z.int(),
  /** Write position of a primary, replay position of a standby. */
  lsn: z.string(),
  inRecovery: z.boolean(),
});
export type Position = z.infer<typeof positionSchema>;

const POSITION = `SELECT s.system_identifier, c.timeline_id, r.in_recovery,
  CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
FROM pg_control_system() s, pg_control_checkpoint() c, (SELECT pg_is_in_recovery() AS in_recovery) r;`;

/**
 * Checkpoints the server of a guest, which shortens the recovery of a copy taken right after, and tells where it stands. A server that does
 * not answer is no reason to have no copy: undefined, with a warning.
 */
export async function checkpoint(
  { database, output }: Pick<Context, "database" | "output">,
  { name, kind }: Pick<PlanGuest, "name" | "kind">,
): Promise<Position | undefined> {
  if (kind === "witness") return undefined;
  try {
    const rows = await database(name, { role: MAINTENANCE_ROLE }).query(`CHECKPOINT;\n${POSITION}`, {
      timeout: 600,
    });
    const [systemIdentifier = "", timeline, recovery, lsn = ""] = rows.at(-1) ?? [];
    return positionSchema.parse({
      systemIdentifier,
      timeline: Number(timeline),
      lsn,
      inRecovery: recovery === "t",
    });
  } catch (error) {
    if (!(error instanceof GuestCommandError) && !(error instanceof GuestAgentError)) throw error;
    output.warn(`no checkpoint in ${name}: ${error.message}; the copy is taken all the same`);
    return undefined;
  }
}
