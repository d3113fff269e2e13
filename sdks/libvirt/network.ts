import * as pulumi from "@pulumi/pulumi";
import { isOfType, withVersion, type XmlTransformation } from "./base.js";

export interface NetworkDns {
  enabled?: pulumi.Input<boolean>;
  localOnly?: pulumi.Input<boolean>;
  hosts?: pulumi.Input<pulumi.Input<{ hostname?: pulumi.Input<string>; ip?: pulumi.Input<string> }>[]>;
  forwarders?: pulumi.Input<
    pulumi.Input<{ address?: pulumi.Input<string>; domain?: pulumi.Input<string> }>[]
  >;
}

export interface NetworkArgs {
  /** @default made from the resource's name */
  name?: pulumi.Input<string>;
  /** `none`, `nat`, `route`, `open` or `bridge`. @default nat */
  mode?: pulumi.Input<string>;
  /** Networks in CIDR form; the first address of each is the hypervisor's. */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Existing bridge with mode `bridge`; else the name of the bridge that is made. */
  bridge?: pulumi.Input<string>;
  /** DNS domain. */
  domain?: pulumi.Input<string>;
  dhcp?: pulumi.Input<{ enabled?: pulumi.Input<boolean> }>;
  dns?: pulumi.Input<NetworkDns>;
  routes?: pulumi.Input<pulumi.Input<{ cidr: pulumi.Input<string>; gateway: pulumi.Input<string> }>[]>;
  /** Bytes. */
  mtu?: pulumi.Input<number>;
  autostart?: pulumi.Input<boolean>;
  xml?: pulumi.Input<XmlTransformation>;
}

/** A virtual network; its id is libvirt's UUID. Everything but DNS hosts and autostart replaces it. */
export class Network extends pulumi.CustomResource {
  /** @internal also read by policy packs */
  static readonly __pulumiType = "libvirt:index/network:Network";

  declare readonly name: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<string | undefined>;
  declare readonly bridge: pulumi.Output<string>;
  declare readonly addresses: pulumi.Output<string[] | undefined>;
  declare readonly autostart: pulumi.Output<boolean | undefined>;

  constructor(name: string, args: NetworkArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      Network.__pulumiType,
      name,
      {
        name: undefined,
        mode: undefined,
        bridge: undefined,
        addresses: undefined,
        autostart: undefined,
        ...args,
      },
      withVersion(options),
    );
  }

  /** True for a resource of this type, also when the package is loaded twice. */
  static override isInstance(candidate: unknown): candidate is Network {
    return isOfType(candidate, Network.__pulumiType);
  }
}
