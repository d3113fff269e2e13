export type { DistributedPortGroupVlanRange } from "./resources/distributed-port-group.js";
export type { EntityPermissionsPermission } from "./resources/entity-permissions.js";
export type {
  VirtualMachineClone,
  VirtualMachineCloneCustomize,
  VirtualMachineCloneLinuxOptions as VirtualMachineCloneCustomizeLinuxOptions,
  VirtualMachineCloneNetworkInterface as VirtualMachineCloneCustomizeNetworkInterface,
} from "./resources/virtual-machine-clone.js";
export type {
  VirtualMachineCdrom,
  VirtualMachineDisk,
  VirtualMachineNetworkInterface,
} from "./resources/virtual-machine-devices.js";
