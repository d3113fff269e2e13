const MIB = 1024 ** 2;

/** Bytes as a quantity of the API, in whole mebibytes. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)}Mi`;
}

/** Processors as a quantity of the API. */
export function processors(cpus: number): string {
  return Number.isInteger(cpus) ? String(cpus) : `${Math.round(cpus * 1000)}m`;
}
