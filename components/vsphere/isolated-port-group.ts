import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";

export interface IsolatedPortGroupArgs {
  /** Name in vCenter. */
  name: string;
  /** UUID of the distributed switch (`id` of `getDistributedVirtualSwitch`). */
  switchUuid: pulumi.Input<string>;
  /** VLAN of this network alone, 1 to 4094. 4095, which passes every VLAN on, is refused. */
  vlan: number;
  /** Shown in vCenter. @default "" */
  description?: string;
}

/**
 * A port group of one VLAN on which no guest sees the traffic of others, sends as somebody else or changes its address. The three
 * are written out: left out, they follow the switch. Single ports differ in being blocked only, and forget what they were set to
 * when a VM leaves (STIG VCSA-80-000268 to 270, 000301, 000302).
 */
export class IsolatedPortGroup extends pulumi.ComponentResource {
  /** Managed object id, for a VM's network interface. */
  readonly networkId: pulumi.Output<string>;

  constructor(name: string, args: IsolatedPortGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:vsphere:IsolatedPortGroup", name, { ...args }, opts);
    if (!Number.isInteger(args.vlan) || args.vlan < 1 || args.vlan > 4094)
      throw new TypeError(
        `IsolatedPortGroup ${name}:\n  vlan: ${args.vlan} isolates nothing; give a VLAN from 1 to 4094`,
      );
    const group = new vsphere.DistributedPortGroup(
      name,
      {
        name: args.name,
        description: args.description ?? "",
        distributedVirtualSwitchUuid: args.switchUuid,
        vlanId: args.vlan,
        allowPromiscuous: false,
        allowForgedTransmits: false,
        allowMacChanges: false,
        securityPolicyOverrideAllowed: false,
        vlanOverrideAllowed: false,
        blockOverrideAllowed: true,
        netflowEnabled: false,
        portConfigResetAtDisconnect: true,
        type: "earlyBinding",
        autoExpand: true,
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.networkId = group.id;
    this.registerOutputs({ networkId: this.networkId });
  }
}
