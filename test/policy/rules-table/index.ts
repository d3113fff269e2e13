import { declaredTable } from "./declared.js";
import { disksTable } from "./disks.js";
import { machineTable } from "./machine.js";
import { failoverTable } from "./failover.js";
import { networkTable } from "./network.js";
import { secretsTable } from "./secrets.js";
import { serverTable } from "./server.js";
import { transportTable } from "./transport.js";
import { handMadeTable } from "./by-hand.js";
import { nsxTable } from "./nsx.js";
import { repositoryTable } from "./repository.js";
import { settingsTable } from "./settings.js";
import { softwareTable } from "./software.js";
import { srmTable } from "./srm.js";
import type { RuleTable } from "./table.js";
import { kubernetesTable } from "../kubernetes/rows.js";
import { vsphereTable } from "./vsphere.js";
import { vsphereAccessTable } from "./vsphere-access.js";

/** Every rule with what keeps it and what breaks it. */
export const RULE_TABLE: RuleTable = [
  ...disksTable,
  ...machineTable,
  ...networkTable,
  ...serverTable,
  ...secretsTable,
  ...transportTable,
  ...declaredTable,
  ...vsphereTable,
  ...vsphereAccessTable,
  ...nsxTable,
  ...srmTable,
  ...failoverTable,
  ...settingsTable,
  ...repositoryTable,
  ...softwareTable,
  ...handMadeTable,
  ...kubernetesTable,
];
