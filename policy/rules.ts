import type { Rule } from "./rule.js";
import { handMadeRules } from "./rules/by-hand.js";
import { declaredRules } from "./rules/declared.js";
import { diskRules } from "./rules/disks.js";
import { failoverRules, kernelRules } from "./rules/failover.js";
import { kubernetesRules } from "./rules/kubernetes/index.js";
import { machineRules } from "./rules/machine.js";
import { networkRules } from "./rules/network.js";
import { nsxRules } from "./rules/nsx.js";
import { repositoryRules } from "./rules/repository.js";
import { secretRules } from "./rules/secrets.js";
import { serverRules } from "./rules/server.js";
import { settingRules } from "./rules/settings.js";
import { softwareRules } from "./rules/software.js";
import { srmRules } from "./rules/srm.js";
import { transportRules } from "./rules/transport.js";
import { vsphereRules } from "./rules/vsphere.js";

/** The table of rules. */
export const RULES: readonly Rule[] = [
  ...declaredRules,
  ...diskRules,
  ...machineRules,
  ...networkRules,
  ...vsphereRules,
  ...nsxRules,
  ...srmRules,
  ...serverRules,
  ...settingRules,
  ...failoverRules,
  ...kernelRules,
  ...repositoryRules,
  ...secretRules,
  ...softwareRules,
  ...transportRules,
  ...handMadeRules,
  ...kubernetesRules,
];
