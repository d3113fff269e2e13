export { clusterFirewall, GUEST_TAG_SCOPE, guestTag, type ClusterFirewall } from "./cluster-firewall.js";
export { ClusterIsolation, type ClusterIsolationArgs } from "./cluster-isolation.js";
export { DistributedFirewall } from "./distributed-firewall.js";
export {
  type DistributedFirewallArgs,
  type FirewallDenyArgs,
  type FirewallGroupArgs,
  type FirewallRuleArgs,
  type FirewallServiceArgs,
  type GroupMemberArgs,
  type NsxManagerArgs,
  type ServiceEntryArgs,
} from "./firewall-args.js";
export { VirtualMachineTag, type VirtualMachineTagArgs } from "./virtual-machine-tag.js";
