import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";

export interface IsolatedNetworkArgs {
  /** Name in libvirt. */
  name: string;
  /** Existing Linux bridge of the one purpose that the network serves. @default none: nothing but its guests is on it */
  bridge?: string;
}

/**
 * A network for one purpose: guests on the declared bridge, or, without a bridge, a network that leads nowhere, not even to
 * the hypervisor: for drills.
 */
export class IsolatedNetwork extends pulumi.ComponentResource {
  /** Name in libvirt, once the network is there. */
  readonly networkName: pulumi.Output<string>;
  /** UUID in libvirt. */
  readonly networkId: pulumi.Output<string>;

  constructor(name: string, args: IsolatedNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:libvirt:IsolatedNetwork", name, { ...args }, opts);
    const network = new libvirt.Network(
      name,
      {
        name: args.name,
        autostart: true,
        ...(args.bridge === undefined
          ? { mode: "none", dhcp: { enabled: false }, dns: { enabled: false } }
          : { mode: "bridge", bridge: args.bridge }),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.networkName = network.name;
    this.networkId = network.id;
    this.registerOutputs({ networkName: this.networkName, networkId: this.networkId });
  }
}
