export * from "./args.js";
export { ClusterRecovery, type ClusterRecoveryArgs, type SiteInventory } from "./cluster-recovery.js";
export { failoverCallouts, type FailoverCalloutsArgs } from "./failover-callouts.js";
export { InventoryMappings } from "./inventory-mappings.js";
export { ProtectionGroup } from "./protection-group.js";
export { RecoveryPlan } from "./recovery-plan.js";
