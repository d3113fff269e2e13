import { z } from "zod";
import { MAINTENANCE_ROLE, POSITION_SQL } from "../../components/postgres/index.js";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { GuestAgentError, GuestCommandError } from "../ports/index.js";

/** Where a server stands. */
export const positionSchema = z.object({
  systemIdentifier: z.string(),
  timeline: z.int(),
  /** Write position of a primary, replay position of a standby. */
  lsn: z.string(),
  inRecovery: z.boolean(),
  /** By the server's clock, ISO 8601; older copies do not have it. */
  moment: z.string().optional(),
});
export type Position = z.infer<typeof positionSchema>;

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
    const rows = await database(name, { role: MAINTENANCE_ROLE }).query(`CHECKPOINT;\n${POSITION_SQL};`, {
      timeout: 600,
    });
    return positionSchema.parse(JSON.parse(rows.at(-1)?.[0] ?? ""));
  } catch (error) {
    if (!(error instanceof GuestCommandError) && !(error instanceof GuestAgentError)) throw error;
    output.warn(`no checkpoint in ${name}: ${error.message}; the copy is taken all the same`);
    return undefined;
  }
}
