import * as pulumi from "@pulumi/pulumi";
import { isOfType, withVersion, type XmlTransformation } from "./base.js";

export interface PoolTarget {
  /** Directory of the pool. */
  path?: pulumi.Input<string>;
}

export interface PoolSource {
  /** Volume group of a logical pool. */
  name?: pulumi.Input<string>;
  devices?: pulumi.Input<pulumi.Input<{ path?: pulumi.Input<string> }>[]>;
}

export interface PoolArgs {
  /** @default made from the resource's name */
  name?: pulumi.Input<string>;
  /** `dir` or `logical`. */
  type: pulumi.Input<string>;
  target?: pulumi.Input<PoolTarget>;
  source?: pulumi.Input<PoolSource>;
  xml?: pulumi.Input<XmlTransformation>;
}

/** A storage pool. Every input except the target replaces it; its deletion removes the directory when that is empty. */
export class Pool extends pulumi.CustomResource {
  /** @internal also read by policy packs */
  static readonly __pulumiType = "libvirt:index/pool:Pool";

  declare readonly name: pulumi.Output<string>;
  declare readonly type: pulumi.Output<string>;
  declare readonly target: pulumi.Output<{ path: string } | undefined>;
  /** Bytes. */
  declare readonly capacity: pulumi.Output<number>;
  /** Bytes. */
  declare readonly allocation: pulumi.Output<number>;
  /** Bytes. */
  declare readonly available: pulumi.Output<number>;

  constructor(name: string, args: PoolArgs, options?: pulumi.CustomResourceOptions) {
    super(
      Pool.__pulumiType,
      name,
      {
        name: undefined,
        target: undefined,
        capacity: undefined,
        allocation: undefined,
        available: undefined,
        ...args,
      },
      withVersion(options),
    );
  }

  /** True for a resource of this type, also when the package is loaded twice. */
  static override isInstance(candidate: unknown): candidate is Pool {
    return isOfType(candidate, Pool.__pulumiType);
  }
}
