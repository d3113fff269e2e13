import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface TagCategoryArgs {
  /** Kinds of objects that may carry a tag of this category, for example `VirtualMachine`; kinds can be added only. */
  associableTypes: pulumi.Input<pulumi.Input<string>[]>;
  /** `SINGLE` (one tag of the category an object) or `MULTIPLE`. A change makes a new category. */
  cardinality: pulumi.Input<string>;
  /** Name of the category; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /** What the category means. */
  description?: pulumi.Input<string>;
}

/** A dimension of tags, such as the site or the protection class. */
export class TagCategory extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/tagCategory:TagCategory";

  declare readonly name: pulumi.Output<string>;
  declare readonly associableTypes: pulumi.Output<string[]>;
  declare readonly cardinality: pulumi.Output<string>;

  constructor(name: string, args: TagCategoryArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      TagCategory.__pulumiType,
      name,
      args,
      { required: ["associableTypes", "cardinality"], outputs: ["name", "associableTypes", "cardinality"] },
      opts,
    );
  }

  /** An existing category, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): TagCategory {
    return new TagCategory(name, {} as TagCategoryArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is TagCategory {
    return isOfType(candidate, TagCategory.__pulumiType);
  }
}
