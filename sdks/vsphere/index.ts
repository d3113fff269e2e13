export * from "./functions/access.js";
export * from "./functions/inventory.js";
export * from "./functions/network.js";
export * from "./functions/storage.js";
export * from "./functions/virtual-machine.js";
export { Provider, type ProviderArgs } from "./provider.js";
export {
  ComputeClusterVmAntiAffinityRule,
  type ComputeClusterVmAntiAffinityRuleArgs,
} from "./resources/compute-cluster-vm-anti-affinity-rule.js";
export { DistributedPortGroup, type DistributedPortGroupArgs } from "./resources/distributed-port-group.js";
export { DrsVmOverride, type DrsVmOverrideArgs } from "./resources/drs-vm-override.js";
export { EntityPermissions, type EntityPermissionsArgs } from "./resources/entity-permissions.js";
export { Folder, type FolderArgs } from "./resources/folder.js";
export { HaVmOverride, type HaVmOverrideArgs } from "./resources/ha-vm-override.js";
export { HostPortGroup, type HostPortGroupArgs } from "./resources/host-port-group.js";
export { ResourcePool, type ResourcePoolArgs } from "./resources/resource-pool.js";
export { Role, type RoleArgs } from "./resources/role.js";
export { Tag, type TagArgs } from "./resources/tag.js";
export { TagCategory, type TagCategoryArgs } from "./resources/tag-category.js";
export { VirtualDisk, type VirtualDiskArgs } from "./resources/virtual-disk.js";
export { VirtualMachine, type VirtualMachineArgs } from "./resources/virtual-machine.js";
export {
  VirtualMachineSnapshot,
  type VirtualMachineSnapshotArgs,
} from "./resources/virtual-machine-snapshot.js";
export * as types from "./types.js";
