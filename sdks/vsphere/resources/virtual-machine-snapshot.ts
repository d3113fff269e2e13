import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

/** Every input makes a new snapshot when it changes. */
export interface VirtualMachineSnapshotArgs {
  /** UUID of the machine. */
  virtualMachineUuid: pulumi.Input<string>;
  /** Name of the snapshot. */
  snapshotName: pulumi.Input<string>;
  /** Why it was taken. */
  description: pulumi.Input<string>;
  /** Save the memory too. */
  memory: pulumi.Input<boolean>;
  /** Freeze the guest's file systems; without running guest tools the flag is silently ignored. */
  quiesce: pulumi.Input<boolean>;
  /**
   * Remove the snapshots below it when it goes.
   * @default false
   */
  removeChildren?: pulumi.Input<boolean>;
  /**
   * Merge the disks when it goes. `false` is ignored by the plugin.
   * @default true
   */
  consolidate?: pulumi.Input<boolean>;
}

/**
 * One snapshot, taken when declared. For a moment before a change only: a rotation is the snapshot job's work, since a
 * snapshot that somebody else pruned makes the next refresh fail.
 */
export class VirtualMachineSnapshot extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/virtualMachineSnapshot:VirtualMachineSnapshot";

  declare readonly virtualMachineUuid: pulumi.Output<string>;
  declare readonly snapshotName: pulumi.Output<string>;

  constructor(name: string, args: VirtualMachineSnapshotArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      VirtualMachineSnapshot.__pulumiType,
      name,
      args,
      {
        required: ["virtualMachineUuid", "snapshotName", "description", "memory", "quiesce"],
        outputs: ["virtualMachineUuid", "snapshotName"],
      },
      opts,
    );
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is VirtualMachineSnapshot {
    return isOfType(candidate, VirtualMachineSnapshot.__pulumiType);
  }
}
