import type { KubernetesPlan } from "../../kubernetes-plan.js";
import type { Output } from "../../output.js";
import type { Clock } from "../../ports/index.js";
import type { EvidenceSubject } from "../recovery/evidence.js";

/** What the jobs on Velero work with. */
export interface VeleroJob {
  readonly plan: KubernetesPlan;
  readonly output: Output;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** File of the evidence records. */
  readonly evidence: string;
  readonly watch: Watch;
}

/** How a run of Velero's is watched. All in seconds. */
export interface Watch {
  /** Between two looks. */
  readonly poll: number;
  /** For the whole run. */
  readonly patience: number;
  /** For which an API server may be silent: what runs there goes on. */
  readonly silence: number;
}

/** Name of what is made at a moment, as Velero names what it makes: `orders-daily-20261127020000`. */
export function stamped(name: string, moment: Date): string {
  return `${name}-${moment.toISOString().replaceAll(/[-:T]|\..*/g, "")}`;
}

/** Whom a record is about. */
export function subjectOf({ output, plan: { environment } }: VeleroJob): EvidenceSubject {
  const { name, cluster, drills } = environment;
  return { output, environment: name, cluster: cluster.name, retention: drills.evidence.retention };
}
