/**
 * pgkeep: disaster recovery and security for PostgreSQL, declared with Pulumi.
 *
 * The components of a platform, and what it takes to read a declaration. More by subject: `pgkeep/declaration`,
 * `pgkeep/postgres`, `pgkeep/access`, `pgkeep/recovery`, `pgkeep/libvirt`, `pgkeep/vsphere`, `pgkeep/nsx`, `pgkeep/srm`,
 * `pgkeep/policy`.
 */
export {
  DeclarationError,
  parseEnvironment,
  parseSecrets,
  type Environment,
  type EnvironmentInput,
  type Secrets,
} from "./components/declaration/index.js";
export {
  knownHosts,
  PostgresCluster,
  PostgresVm,
  type DeployerAccess,
  type PostgresClusterArgs,
  type PostgresVmArgs,
} from "./components/libvirt/index.js";
export {
  DistributedFirewall,
  VirtualMachineTag,
  type DistributedFirewallArgs,
  type VirtualMachineTagArgs,
} from "./components/nsx/index.js";
export { recoveryPlan, type RecoveryPlan } from "./components/recovery/index.js";
