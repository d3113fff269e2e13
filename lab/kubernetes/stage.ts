import type { Progress } from "../progress.js";
import type { KubernetesLab } from "./running.js";

/** Namespace of the databases in both clusters. */
export const NAMESPACE = "orders";

/** One thing that the laboratory shows. */
export interface Stage {
  readonly title: string;
  /** Seconds that it takes on two cores. */
  readonly expected: number;
  /** Does it, proves it, and says in a line what was seen. */
  readonly run: (running: KubernetesLab, progress: Progress) => Promise<string>;
}
