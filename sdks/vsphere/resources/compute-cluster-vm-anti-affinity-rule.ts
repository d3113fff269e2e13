import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface ComputeClusterVmAntiAffinityRuleArgs {
  /** Managed object id of the cluster. A change makes a new rule. */
  computeClusterId: pulumi.Input<string>;
  /** UUIDs of the machines to keep apart. */
  virtualMachineIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Name of the rule; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /**
   * Is the rule in force?
   * @default true
   */
  enabled?: pulumi.Input<boolean>;
  /**
   * Refuse to start a machine rather than break the rule.
   * @default false
   */
  mandatory?: pulumi.Input<boolean>;
}

/** Keeps the members of a PostgreSQL cluster on different hosts. */
export class ComputeClusterVmAntiAffinityRule extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType =
    "vsphere:index/computeClusterVmAntiAffinityRule:ComputeClusterVmAntiAffinityRule";

  declare readonly name: pulumi.Output<string>;
  declare readonly computeClusterId: pulumi.Output<string>;
  declare readonly virtualMachineIds: pulumi.Output<string[]>;
  declare readonly enabled: pulumi.Output<boolean | undefined>;
  declare readonly mandatory: pulumi.Output<boolean | undefined>;

  constructor(name: string, args: ComputeClusterVmAntiAffinityRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      ComputeClusterVmAntiAffinityRule.__pulumiType,
      name,
      args,
      {
        required: ["computeClusterId", "virtualMachineIds"],
        outputs: ["name", "computeClusterId", "virtualMachineIds", "enabled", "mandatory"],
      },
      opts,
    );
  }

  /** An existing rule, read but not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    opts?: pulumi.CustomResourceOptions,
  ): ComputeClusterVmAntiAffinityRule {
    const args = {} as ComputeClusterVmAntiAffinityRuleArgs;
    return new ComputeClusterVmAntiAffinityRule(name, args, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is ComputeClusterVmAntiAffinityRule {
    return isOfType(candidate, ComputeClusterVmAntiAffinityRule.__pulumiType);
  }
}
