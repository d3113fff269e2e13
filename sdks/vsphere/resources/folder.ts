import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface FolderArgs {
  /** Path below the datacenter's own folder of this type; parents must exist. */
  path: pulumi.Input<string>;
  /** `vm`, `host`, `datastore`, `network` or `datacenter`. A change makes a new folder. */
  type: pulumi.Input<string>;
  /** Managed object id of the datacenter; needed for every type but `datacenter`. A change makes a new folder. */
  datacenterId?: pulumi.Input<string>;
  /** Ids of tags. */
  tags?: pulumi.Input<pulumi.Input<string>[]>;
  /** Custom attribute id to value. */
  customAttributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** An inventory folder: the place to which permissions are given. */
export class Folder extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/folder:Folder";

  declare readonly path: pulumi.Output<string>;
  declare readonly datacenterId: pulumi.Output<string | undefined>;
  declare readonly tags: pulumi.Output<string[] | undefined>;

  constructor(name: string, args: FolderArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      Folder.__pulumiType,
      name,
      args,
      { required: ["path", "type"], outputs: ["path", "datacenterId", "tags", "type"] },
      opts,
    );
  }

  /** An existing folder, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Folder {
    return new Folder(name, {} as FolderArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is Folder {
    return isOfType(candidate, Folder.__pulumiType);
  }
}
