import type { Rule } from "../rule.js";
import { accessRules } from "./vsphere/access.js";
import { vmDeviceRules } from "./vsphere/devices.js";
import { vmDiskRules } from "./vsphere/disks.js";
import { vmMachineRules } from "./vsphere/machine.js";
import { portGroupRules } from "./vsphere/network.js";
import { placementRules } from "./vsphere/placement.js";
import { vcenterRules } from "./vsphere/provider.js";

/** Resources of `@pulumi/vsphere`, whoever declares them. */
export const vsphereRules: readonly Rule[] = [
  ...vmMachineRules,
  ...vmDiskRules,
  ...vmDeviceRules,
  ...portGroupRules,
  ...accessRules,
  ...placementRules,
  ...vcenterRules,
];
