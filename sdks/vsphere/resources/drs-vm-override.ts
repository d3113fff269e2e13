import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface DrsVmOverrideArgs {
  /** Managed object id of the cluster. A change makes a new override. */
  computeClusterId: pulumi.Input<string>;
  /** UUID of the machine. A change makes a new override. */
  virtualMachineId: pulumi.Input<string>;
  /**
   * May the scheduler move this machine?
   * @default false
   */
  drsEnabled?: pulumi.Input<boolean>;
  /**
   * `manual`, `partiallyAutomated` or `fullyAutomated`.
   * @default "manual"
   */
  drsAutomationLevel?: pulumi.Input<string>;
}

/** How the cluster's scheduler may treat one machine. */
export class DrsVmOverride extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/drsVmOverride:DrsVmOverride";

  declare readonly computeClusterId: pulumi.Output<string>;
  declare readonly virtualMachineId: pulumi.Output<string>;
  declare readonly drsEnabled: pulumi.Output<boolean | undefined>;
  declare readonly drsAutomationLevel: pulumi.Output<string | undefined>;

  constructor(name: string, args: DrsVmOverrideArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      DrsVmOverride.__pulumiType,
      name,
      args,
      {
        required: ["computeClusterId", "virtualMachineId"],
        outputs: ["computeClusterId", "virtualMachineId", "drsEnabled", "drsAutomationLevel"],
      },
      opts,
    );
  }

  /** An existing override, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): DrsVmOverride {
    return new DrsVmOverride(name, {} as DrsVmOverrideArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is DrsVmOverride {
    return isOfType(candidate, DrsVmOverride.__pulumiType);
  }
}
