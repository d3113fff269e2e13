import type * as k8s from "@pulumi/kubernetes";

const MIB = 1024 ** 2;

/** Bytes as a quantity of the API, in whole mebibytes. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)}Mi`;
}

/** Processors as a quantity of the API. */
export function processors(cpus: number): string {
  return Number.isInteger(cpus) ? String(cpus) : `${Math.round(cpus * 1000)}m`;
}

/** What belongs to a container for good, as request and limit: its node never takes it back. Quantities of the API. */
export function owning(
  cpu: string,
  memory: string,
  written: string,
): k8s.types.input.core.v1.ResourceRequirements {
  const own = { cpu, memory, "ephemeral-storage": written };
  return { requests: own, limits: own };
}
