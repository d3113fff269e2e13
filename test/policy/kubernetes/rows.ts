import type { RuleTable } from "../rules-table/table.js";
import { compliantStack } from "./stack.js";
import { accessRows } from "./table-access.js";
import { podRows } from "./table-pods.js";
import { recoveryRows } from "./table-recovery.js";
import { varied, type Row } from "./table.js";

/** Violations of every rule about Kubernetes, and what stands near them. */
export const ROWS: readonly Row[] = [...podRows, ...accessRows, ...recoveryRows];

/** The same as stacks. */
export const kubernetesTable: RuleTable = ROWS.map(({ rule, violating, near = [] }) => ({
  rule,
  violating: violating.map(([variation, says]) => [varied(variation), says] as const),
  compliant: [compliantStack(), ...near.map(varied)],
}));
