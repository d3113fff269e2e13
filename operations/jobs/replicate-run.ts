import { posix } from "node:path";
import { z } from "zod";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { stepRunner, type StepRunner } from "../steps.js";
import { cycleSchema, replicaPlace, type ReplicaPlace } from "./replica-store.js";
import type { ReplicateStep } from "./replicate-steps.js";
import { stateFile, type StateFile } from "./state.js";

const stateSchema = z.object({
  /** The cycle that the target has for certain. */
  delivered: z.object({ name: z.string(), checkpoint: z.string() }).optional(),
  /** A finished cycle that waits here to be sent. */
  staged: cycleSchema.optional(),
});
/** What a guest's replication remembers from run to run. */
export type State = z.infer<typeof stateSchema>;

/** Everything that the parts of a run share. */
export interface Run {
  readonly context: Context;
  readonly guest: PlanGuest;
  readonly source: Host;
  readonly place: ReplicaPlace;
  readonly state: StateFile<State>;
  readonly steps: StepRunner<ReplicateStep>;
  /** Where finished copies wait on the source. */
  readonly outgoing: string;
}

/** Finds source, target and state of a guest's replication; contacts nobody. */
export function prepare(context: Context, guest: PlanGuest): Run {
  const source = context.host(guest.host);
  const place = replicaPlace(context, guest);
  return {
    context,
    guest,
    source,
    place,
    state: stateFile(source.files, "replicate", guest.name, stateSchema, context.output),
    steps: stepRunner(context.output, context.clock),
    outgoing: posix.join(place.directory, "outgoing"),
  };
}
