import { declaredTable } from "./declared.js";
import { disksTable } from "./disks.js";
import { machineTable } from "./machine.js";
import { networkTable } from "./network.js";
import { secretsTable } from "./secrets.js";
import { serverTable } from "./server.js";
import { transportTable } from "./transport.js";
import type { RuleTable } from "./table.js";

/** Violations of every rule about single resources. */
export const RULE_TABLE: RuleTable = [
  ...disksTable,
  ...machineTable,
  ...networkTable,
  ...serverTable,
  ...secretsTable,
  ...transportTable,
  ...declaredTable,
];
