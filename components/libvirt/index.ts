// The provider of the bundled SDK: who uses the components one by one connects them with it.
export { Provider, type ProviderArgs } from "@pulumi/libvirt";
export { GuestConfiguration, type GuestConfigurationArgs } from "./guest-configuration.js";
export { HostAgent, type HostAgentArgs } from "./host-agent.js";
export { HostCheck, type HostCheckArgs } from "./host-check.js";
export { hostUri, type DeployerAccess } from "./host-connection.js";
export { InterfaceFilter, type InterfaceFilterArgs } from "./interface-filter.js";
export { IsolatedNetwork, type IsolatedNetworkArgs } from "./isolated-network.js";
export { PostgresCluster, type PostgresClusterArgs } from "./postgres-cluster.js";
export { PostgresVm, type PostgresVmArgs, type VmInterface, type VmSeed } from "./postgres-vm.js";
export { StoragePool, type StoragePoolArgs } from "./storage-pool.js";
export { knownHosts } from "../recovery/index.js";
export { type HostRequirements } from "./text/host-check-script.js";
