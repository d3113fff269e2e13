import type { Subject } from "../../../policy/rule.js";
import { kubernetesEnvironment } from "../../fixtures/environment.js";
import { environmentSubjects, STACKS, stackSubjects } from "./environments.js";

/** Environments whose properties are flipped: every stack of the repository, and a sample on Kubernetes, for which there is no stack. */
export const FLIPPED: readonly string[] = [...STACKS, "kubernetes"];

/**
 * Rules that the sample on Kubernetes violates with its cluster alone: the components for backup, scans and runtime rules are
 * placed beside it. The list is exact, so that it gets shorter with each that the cluster places itself.
 */
export const BESIDE_THE_CLUSTER: readonly string[] = [
  "capacity-reserved",
  "velero-covers-databases",
  "kubernetes-scan-scheduled",
  "kubernetes-drills-scheduled",
  "kubernetes-runtime-watched",
];

export function subjectsOf(environment: string): Promise<Subject[]> {
  return environment === "kubernetes"
    ? environmentSubjects(environment, kubernetesEnvironment())
    : stackSubjects(environment);
}
