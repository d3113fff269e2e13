import { CHECKPOINT_INFO } from "../../../components/postgres/index.js";
import { positionSchema, type Position } from "../postgres-position.js";
import type { VmJob } from "./job.js";

/** What a guest told last of a checkpoint, as it stands in vCenter. */
export type Told = string | undefined;

/** Reads it. */
export function toldCheckpoint({ vcenter }: Pick<VmJob, "vcenter">, machine: string): Promise<Told> {
  return vcenter.variable(machine, CHECKPOINT_INFO);
}

/**
 * The checkpoint that VMware Tools let the guest's script make before they froze it: nobody else has a way into the server, and a
 * checkpoint shortens the recovery of a copy without being a condition of it. What stood there before tells nothing of this one.
 *
 * @returns where the server stood, or why there was no checkpoint
 */
export function positionOf(before: Told, after: Told): Position | string {
  if (after === undefined) return "the guest has told of none";
  if (after === before) return "the guest has told of none since the last one";
  try {
    return positionSchema.parse(JSON.parse(after));
  } catch {
    return "what the guest told of it cannot be understood";
  }
}
