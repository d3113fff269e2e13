import * as pulumi from "@pulumi/pulumi";
import { isOfType, withVersion, type XmlTransformation } from "./base.js";

export interface VolumeArgs {
  /** File name in the pool. A volume that already has this name is adopted silently. @default made from the resource's name */
  name?: pulumi.Input<string>;
  /** @default default */
  pool?: pulumi.Input<string>;
  /** `qcow2` or `raw`. @default qcow2 */
  format?: pulumi.Input<string>;
  /** Bytes. Excludes `source`. */
  size?: pulumi.Input<number>;
  /** File or http address that is uploaded into the volume. */
  source?: pulumi.Input<string>;
  /** Id of the volume that this one overlays. */
  baseVolumeId?: pulumi.Input<string>;
  baseVolumeName?: pulumi.Input<string>;
  /** @default the pool of this volume */
  baseVolumePool?: pulumi.Input<string>;
  xml?: pulumi.Input<XmlTransformation>;
}

/** A storage volume; its id is the path on the hypervisor. Every input replaces it. */
export class Volume extends pulumi.CustomResource {
  /** @internal also read by policy packs */
  static readonly __pulumiType = "libvirt:index/volume:Volume";

  declare readonly name: pulumi.Output<string>;
  declare readonly pool: pulumi.Output<string | undefined>;
  declare readonly format: pulumi.Output<string>;
  /** Bytes. */
  declare readonly size: pulumi.Output<number>;

  constructor(name: string, args: VolumeArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      Volume.__pulumiType,
      name,
      { name: undefined, pool: undefined, format: undefined, size: undefined, ...args },
      withVersion(options),
    );
  }

  /** True for a resource of this type, also when the package is loaded twice. */
  static override isInstance(candidate: unknown): candidate is Volume {
    return isOfType(candidate, Volume.__pulumiType);
  }
}
