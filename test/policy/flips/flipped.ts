import type { Subject } from "../../../policy/rule.js";
import { kubernetesEnvironment } from "../../fixtures/environment.js";
import { environmentSubjects, STACKS, stackSubjects } from "./environments.js";

/** Environments whose properties are flipped: every stack of the repository, and the fixture of tests on Kubernetes. */
export const FLIPPED: readonly string[] = [...STACKS, "kubernetes"];

/**
 * Rules that the sample on Kubernetes violates with its cluster alone: no restore is drilled, and it reserves nothing. The list is
 * exact, so that it gets shorter with each part that the cluster places itself.
 */
export const BESIDE_THE_CLUSTER: readonly string[] = ["capacity-reserved", "kubernetes-drills-scheduled"];

export function subjectsOf(environment: string): Promise<Subject[]> {
  return environment === "kubernetes"
    ? environmentSubjects(environment, kubernetesEnvironment())
    : stackSubjects(environment);
}
