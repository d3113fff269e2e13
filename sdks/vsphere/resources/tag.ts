import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface TagArgs {
  /** Id of the category. A change makes a new tag. */
  categoryId: pulumi.Input<string>;
  /** Name within the category; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /** What the tag means. */
  description?: pulumi.Input<string>;
}

/** A tag; objects carry it by its id in their `tags`. */
export class Tag extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/tag:Tag";

  declare readonly name: pulumi.Output<string>;
  declare readonly categoryId: pulumi.Output<string>;
  declare readonly description: pulumi.Output<string | undefined>;

  constructor(name: string, args: TagArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      Tag.__pulumiType,
      name,
      args,
      { required: ["categoryId"], outputs: ["name", "categoryId", "description"] },
      opts,
    );
  }

  /** An existing tag, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Tag {
    return new Tag(name, {} as TagArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is Tag {
    return isOfType(candidate, Tag.__pulumiType);
  }
}
