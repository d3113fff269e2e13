import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

/** A role given to one principal. */
export interface EntityPermissionsPermission {
  /** `DOMAIN\name` of the user or group. Keep a list sorted by this name in lower case, as vCenter returns it. */
  userOrGroup: pulumi.Input<string>;
  /** Is the principal a group? */
  isGroup: pulumi.Input<boolean>;
  /** Does the permission hold for everything below the object too? */
  propagate: pulumi.Input<boolean>;
  /** Id of the role. */
  roleId: pulumi.Input<string>;
}

export interface EntityPermissionsArgs {
  /** Managed object id; for a virtual machine also its UUID. A change makes a new resource. */
  entityId: pulumi.Input<string>;
  /** Managed object type, for example `Folder`, `VirtualMachine`, `Datastore`. A change makes a new resource. */
  entityType: pulumi.Input<string>;
  /** All explicit permissions of this object: what is not listed is removed. */
  permissions: pulumi.Input<pulumi.Input<EntityPermissionsPermission>[]>;
}

/** The permissions of one object, complete. One resource for each object, and never on the root folder. */
export class EntityPermissions extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/entityPermissions:EntityPermissions";

  declare readonly entityId: pulumi.Output<string>;
  declare readonly entityType: pulumi.Output<string>;
  declare readonly permissions: pulumi.Output<pulumi.Unwrap<EntityPermissionsPermission>[]>;

  constructor(name: string, args: EntityPermissionsArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = ["entityId", "entityType", "permissions"];
    super(EntityPermissions.__pulumiType, name, args, { required: inputs, outputs: inputs }, opts);
  }

  /** Existing permissions, read but not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    opts?: pulumi.CustomResourceOptions,
  ): EntityPermissions {
    return new EntityPermissions(name, {} as EntityPermissionsArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is EntityPermissions {
    return isOfType(candidate, EntityPermissions.__pulumiType);
  }
}
