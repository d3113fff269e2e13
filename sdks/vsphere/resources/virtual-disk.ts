import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface VirtualDiskArgs {
  /** Name of the datastore. A change makes a new disk. */
  datastore: pulumi.Input<string>;
  /** Path of the disk's descriptor in the datastore, ending in `.vmdk`. A change makes a new disk. */
  vmdkPath: pulumi.Input<string>;
  /** Size in GB; it can only grow. */
  size: pulumi.Input<number>;
  /** Name of the datacenter, needed where the vCenter has several. A change makes a new disk. */
  datacenter?: pulumi.Input<string>;
  /**
   * `thin`, `eagerZeroedThick` or `lazy`. A change makes a new disk.
   * @default "eagerZeroedThick"
   */
  type?: pulumi.Input<string>;
  /**
   * Make missing directories of `vmdkPath`. A change makes a new disk.
   * @default false
   */
  createDirectories?: pulumi.Input<boolean>;
}

/** A disk with its own life, attached to virtual machines by `disks[].attach` and `path`. */
export class VirtualDisk extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/virtualDisk:VirtualDisk";

  declare readonly datastore: pulumi.Output<string>;
  declare readonly vmdkPath: pulumi.Output<string>;
  declare readonly size: pulumi.Output<number>;

  constructor(name: string, args: VirtualDiskArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      VirtualDisk.__pulumiType,
      name,
      args,
      { required: ["datastore", "vmdkPath", "size"], outputs: ["datastore", "vmdkPath", "size"] },
      opts,
    );
  }

  /** An existing disk, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): VirtualDisk {
    return new VirtualDisk(name, {} as VirtualDiskArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is VirtualDisk {
    return isOfType(candidate, VirtualDisk.__pulumiType);
  }
}
