import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface ResourcePoolArgs {
  /** Managed object id of the parent pool, for example a cluster's `resourcePoolId`. */
  parentResourcePoolId: pulumi.Input<string>;
  /** Name in the inventory; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /**
   * Guaranteed CPU in MHz.
   * @default 0
   */
  cpuReservation?: pulumi.Input<number>;
  /**
   * Upper limit of CPU in MHz, -1 for none.
   * @default -1
   */
  cpuLimit?: pulumi.Input<number>;
  /**
   * May the reservation grow into the parent's?
   * @default true
   */
  cpuExpandable?: pulumi.Input<boolean>;
  /**
   * `low`, `normal`, `high` or `custom`.
   * @default "normal"
   */
  cpuShareLevel?: pulumi.Input<string>;
  /** Shares where the level is `custom`. */
  cpuShares?: pulumi.Input<number>;
  /**
   * Guaranteed memory in MB.
   * @default 0
   */
  memoryReservation?: pulumi.Input<number>;
  /**
   * Upper limit of memory in MB, -1 for none.
   * @default -1
   */
  memoryLimit?: pulumi.Input<number>;
  /**
   * May the reservation grow into the parent's?
   * @default true
   */
  memoryExpandable?: pulumi.Input<boolean>;
  /**
   * `low`, `normal`, `high` or `custom`.
   * @default "normal"
   */
  memoryShareLevel?: pulumi.Input<string>;
  /** Shares where the level is `custom`. */
  memoryShares?: pulumi.Input<number>;
  /** `disabled` or `scaleCpuAndMemoryShares`; needs vSphere 7. */
  scaleDescendantsShares?: pulumi.Input<string>;
  /** Ids of tags. */
  tags?: pulumi.Input<pulumi.Input<string>[]>;
  /** Custom attribute id to value. */
  customAttributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A share of a cluster's capacity: reservations for databases, and room kept free for recovery. */
export class ResourcePool extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/resourcePool:ResourcePool";

  declare readonly name: pulumi.Output<string>;
  declare readonly parentResourcePoolId: pulumi.Output<string>;
  declare readonly cpuReservation: pulumi.Output<number | undefined>;
  declare readonly memoryReservation: pulumi.Output<number | undefined>;

  constructor(name: string, args: ResourcePoolArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      ResourcePool.__pulumiType,
      name,
      args,
      {
        required: ["parentResourcePoolId"],
        outputs: ["name", "parentResourcePoolId", "cpuReservation", "memoryReservation"],
      },
      opts,
    );
  }

  /** An existing pool, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ResourcePool {
    return new ResourcePool(name, {} as ResourcePoolArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is ResourcePool {
    return isOfType(candidate, ResourcePool.__pulumiType);
  }
}
