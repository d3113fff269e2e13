import * as pulumi from "@pulumi/pulumi";
import { isOfType, withVersion } from "./base.js";

export interface CloudInitDiskArgs {
  /** File name in the pool. @default made from the resource's name */
  name?: pulumi.Input<string>;
  /** @default default */
  pool?: pulumi.Input<string>;
  /** Kept in the state and in an ISO image of mode 0644: never a place for secrets. */
  userData?: pulumi.Input<string>;
  metaData?: pulumi.Input<string>;
  networkConfig?: pulumi.Input<string>;
}

/** A NoCloud seed image; its id is `<volume's path>;<uuid>`. Every input replaces it. Needs `mkisofs` where Pulumi runs. */
export class CloudInitDisk extends pulumi.CustomResource {
  /** @internal also read by policy packs */
  static readonly __pulumiType = "libvirt:index/cloudInitDisk:CloudInitDisk";

  declare readonly name: pulumi.Output<string>;
  declare readonly pool: pulumi.Output<string | undefined>;
  declare readonly userData: pulumi.Output<string | undefined>;
  declare readonly metaData: pulumi.Output<string | undefined>;
  declare readonly networkConfig: pulumi.Output<string | undefined>;

  constructor(name: string, args: CloudInitDiskArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      CloudInitDisk.__pulumiType,
      name,
      {
        name: undefined,
        pool: undefined,
        userData: undefined,
        metaData: undefined,
        networkConfig: undefined,
        ...args,
      },
      withVersion(options),
    );
  }

  /** True for a resource of this type, also when the package is loaded twice. */
  static override isInstance(candidate: unknown): candidate is CloudInitDisk {
    return isOfType(candidate, CloudInitDisk.__pulumiType);
  }
}
