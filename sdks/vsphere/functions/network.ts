import { lookup } from "../binding.js";

export interface GetNetworkArgs {
  /** Name or path of a network, standard or distributed port group. */
  name: string;
  /** Managed object id of its datacenter. */
  datacenterId?: string;
  /** Id of the distributed switch, where the name alone is not unique. */
  distributedVirtualSwitchUuid?: string;
  /** Kinds to search, for example `DistributedVirtualPortgroup`. */
  filters?: { networkType?: string }[];
  /** Longest wait for the network to appear, in minutes. */
  retryTimeout?: number;
  /** Interval of the tries, in milliseconds. */
  retryInterval?: number;
  /** NSX virtual private cloud. */
  vpcId?: string;
  /** NSX project of that cloud. */
  vpcProjectId?: string;
}
export interface GetNetworkResult extends GetNetworkArgs {
  readonly id: string;
  /** `Network`, `DistributedVirtualPortgroup` or `OpaqueNetwork`. */
  readonly type: string;
}
const network = lookup<GetNetworkArgs, GetNetworkResult>("getNetwork");

/** A network by name. */
export const getNetwork = network.plain;
/** A network by a name that may not be known yet. */
export const getNetworkOutput = network.output;

export interface GetDistributedVirtualSwitchArgs {
  /** Name or path of the switch. */
  name: string;
  /** Managed object id of its datacenter. */
  datacenterId?: string;
}
export interface GetDistributedVirtualSwitchResult {
  readonly id: string;
  readonly name: string;
  readonly datacenterId?: string;
  readonly uplinks: string[];
}
const distributedSwitch = lookup<GetDistributedVirtualSwitchArgs, GetDistributedVirtualSwitchResult>(
  "getDistributedVirtualSwitch",
);

/** A distributed switch by name. */
export const getDistributedVirtualSwitch = distributedSwitch.plain;
/** A distributed switch by a name that may not be known yet. */
export const getDistributedVirtualSwitchOutput = distributedSwitch.output;
