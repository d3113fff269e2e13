import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface RoleArgs {
  /** Name of the role; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /**
   * Privilege ids. Leave out those that begin with `System.`: vCenter gives them to every role, and the plugin drops
   * them when it reads, so that naming them shows a difference for ever.
   */
  rolePrivileges?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A set of privileges; it does nothing until {@link EntityPermissions} give it to somebody somewhere. */
export class Role extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/role:Role";

  declare readonly name: pulumi.Output<string>;
  declare readonly rolePrivileges: pulumi.Output<string[] | undefined>;
  /** Name as vCenter displays it. */
  declare readonly label: pulumi.Output<string>;

  constructor(name: string, args: RoleArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super(
      Role.__pulumiType,
      name,
      args,
      { required: [], outputs: ["name", "rolePrivileges", "label"] },
      opts,
    );
  }

  /** An existing role (its id is a number as text), read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Role {
    return new Role(name, {}, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is Role {
    return isOfType(candidate, Role.__pulumiType);
  }
}
