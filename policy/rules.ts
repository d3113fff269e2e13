import type { Rule } from "./rule.js";
import { handMadeRules } from "./rules/by-hand.js";
import { declaredRules } from "./rules/declared.js";
import { diskRules } from "./rules/disks.js";
import { machineRules } from "./rules/machine.js";
import { networkRules } from "./rules/network.js";
import { secretRules } from "./rules/secrets.js";
import { serverRules } from "./rules/server.js";
import { transportRules } from "./rules/transport.js";

/** The table of rules. */
export const RULES: readonly Rule[] = [
  ...declaredRules,
  ...diskRules,
  ...machineRules,
  ...networkRules,
  ...serverRules,
  ...secretRules,
  ...transportRules,
  ...handMadeRules,
];
