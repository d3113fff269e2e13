import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

/** A range of VLANs in trunk mode; both ends belong to it. */
export interface DistributedPortGroupVlanRange {
  minVlan: pulumi.Input<number>;
  maxVlan: pulumi.Input<number>;
}

/** Security, VLAN and teaming of the ports. Traffic shaping, LACP and resource pools are not covered here. */
export interface DistributedPortGroupArgs {
  /** Id of the distributed switch. A change makes a new group. */
  distributedVirtualSwitchUuid: pulumi.Input<string>;
  /** Name of the group; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /** What it is for. */
  description?: pulumi.Input<string>;
  /** VLAN of all ports, 0 for none; this, `vlanRanges` or `portPrivateSecondaryVlanId`. */
  vlanId?: pulumi.Input<number>;
  /** VLANs in trunk mode. */
  vlanRanges?: pulumi.Input<pulumi.Input<DistributedPortGroupVlanRange>[]>;
  /** Secondary private VLAN. */
  portPrivateSecondaryVlanId?: pulumi.Input<number>;
  /** Adapters may see the traffic of others. Write false: left out, the switch decides. */
  allowPromiscuous?: pulumi.Input<boolean>;
  /** Adapters may send with a foreign MAC address. Write false: left out, the switch decides. */
  allowForgedTransmits?: pulumi.Input<boolean>;
  /** Guests may change their MAC address. Write false: left out, the switch decides. */
  allowMacChanges?: pulumi.Input<boolean>;
  /** Single ports may differ in security. */
  securityPolicyOverrideAllowed?: pulumi.Input<boolean>;
  /** Single ports may differ in their VLAN. */
  vlanOverrideAllowed?: pulumi.Input<boolean>;
  /** Single ports may be blocked. */
  blockOverrideAllowed?: pulumi.Input<boolean>;
  /** Block every port. */
  blockAllPorts?: pulumi.Input<boolean>;
  /** Send flow records. */
  netflowEnabled?: pulumi.Input<boolean>;
  /** Forget a port's own settings when its adapter leaves. */
  portConfigResetAtDisconnect?: pulumi.Input<boolean>;
  /**
   * `earlyBinding` or `ephemeral`.
   * @default "earlyBinding"
   */
  type?: pulumi.Input<string>;
  /** Ports of the group. */
  numberOfPorts?: pulumi.Input<number>;
  /** Make more ports as they are needed. */
  autoExpand?: pulumi.Input<boolean>;
  /** Uplinks in use, by name. */
  activeUplinks?: pulumi.Input<pulumi.Input<string>[]>;
  /** Uplinks held ready, by name. */
  standbyUplinks?: pulumi.Input<pulumi.Input<string>[]>;
  /** `loadbalance_ip`, `loadbalance_srcmac`, `loadbalance_srcid`, `loadbalance_loadbased` or `failover_explicit`. */
  teamingPolicy?: pulumi.Input<string>;
  /** Return to a repaired uplink. */
  failback?: pulumi.Input<boolean>;
  /** Tell the physical switches of a move. */
  notifySwitches?: pulumi.Input<boolean>;
  /** Find dead uplinks by beacons. */
  checkBeacon?: pulumi.Input<boolean>;
  /** Ids of tags. */
  tags?: pulumi.Input<pulumi.Input<string>[]>;
  /** Custom attribute id to value. */
  customAttributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A port group of a distributed switch: one network purpose, apart from the others. */
export class DistributedPortGroup extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/distributedPortGroup:DistributedPortGroup";

  declare readonly name: pulumi.Output<string>;
  declare readonly distributedVirtualSwitchUuid: pulumi.Output<string>;
  declare readonly vlanId: pulumi.Output<number>;
  /** Key of the group within the vCenter. */
  declare readonly key: pulumi.Output<string>;
  /** Version of the group's configuration. */
  declare readonly configVersion: pulumi.Output<string>;

  constructor(name: string, args: DistributedPortGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      DistributedPortGroup.__pulumiType,
      name,
      args,
      {
        required: ["distributedVirtualSwitchUuid"],
        outputs: ["name", "distributedVirtualSwitchUuid", "vlanId", "key", "configVersion"],
      },
      opts,
    );
  }

  /** An existing group, read but not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    opts?: pulumi.CustomResourceOptions,
  ): DistributedPortGroup {
    return new DistributedPortGroup(name, {} as DistributedPortGroupArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is DistributedPortGroup {
    return isOfType(candidate, DistributedPortGroup.__pulumiType);
  }
}
