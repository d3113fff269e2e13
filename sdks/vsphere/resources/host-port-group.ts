import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface HostPortGroupArgs {
  /** Managed object id of the host. A change makes a new group. */
  hostSystemId: pulumi.Input<string>;
  /** Name of the host's switch. A change makes a new group. */
  virtualSwitchName: pulumi.Input<string>;
  /** Name of the group. A change makes a new group. */
  name?: pulumi.Input<string>;
  /**
   * VLAN: 0 for none, 1 to 4094, 4095 for all (a trunk into the guest: not for databases).
   * @default 0
   */
  vlanId?: pulumi.Input<number>;
  /** Adapters may see the traffic of others. */
  allowPromiscuous?: pulumi.Input<boolean>;
  /** Adapters may send with a foreign MAC address. */
  allowForgedTransmits?: pulumi.Input<boolean>;
  /** Guests may change their MAC address. */
  allowMacChanges?: pulumi.Input<boolean>;
  /** Network cards in use. */
  activeNics?: pulumi.Input<pulumi.Input<string>[]>;
  /** Network cards held ready. */
  standbyNics?: pulumi.Input<pulumi.Input<string>[]>;
  /** `loadbalance_ip`, `loadbalance_srcmac`, `loadbalance_srcid` or `failover_explicit`. */
  teamingPolicy?: pulumi.Input<string>;
  /** Return to a repaired card. */
  failback?: pulumi.Input<boolean>;
  /** Tell the physical switches of a move. */
  notifySwitches?: pulumi.Input<boolean>;
  /** Find dead links by beacons. */
  checkBeacon?: pulumi.Input<boolean>;
  /** Limit outgoing traffic by the three values below. */
  shapingEnabled?: pulumi.Input<boolean>;
  /** Average in bit/s. */
  shapingAverageBandwidth?: pulumi.Input<number>;
  /** Peak in bit/s. */
  shapingPeakBandwidth?: pulumi.Input<number>;
  /** Burst in bytes. */
  shapingBurstSize?: pulumi.Input<number>;
}

/** A port group of one host's own switch, for sites without a distributed switch. */
export class HostPortGroup extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/hostPortGroup:HostPortGroup";

  declare readonly name: pulumi.Output<string>;
  declare readonly hostSystemId: pulumi.Output<string>;
  declare readonly virtualSwitchName: pulumi.Output<string>;
  /** Key of the group on its host. */
  declare readonly key: pulumi.Output<string>;
  /** The policy in force, with what the switch adds. */
  declare readonly computedPolicy: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: HostPortGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      HostPortGroup.__pulumiType,
      name,
      args,
      {
        required: ["hostSystemId", "virtualSwitchName"],
        outputs: ["name", "hostSystemId", "virtualSwitchName", "key", "computedPolicy"],
      },
      opts,
    );
  }

  /** An existing group, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): HostPortGroup {
    return new HostPortGroup(name, {} as HostPortGroupArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is HostPortGroup {
    return isOfType(candidate, HostPortGroup.__pulumiType);
  }
}
