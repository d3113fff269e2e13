import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";

/** Types of objects that can be this cluster's alone. */
const DEDICATED = [
  "Folder",
  "ResourcePool",
  "DistributedVirtualPortgroup",
  "VirtualMachine",
  "Datastore",
] as const;

/** An object of the inventory. */
export interface PermissionEntity {
  /** Managed object id. */
  id: pulumi.Input<string>;
  type: (typeof DEDICATED)[number];
}

/** A role for somebody. */
export interface Grant {
  /** `DOMAIN\name`, as vCenter shows it. */
  principal: string;
  /** Is the principal a group? */
  group: boolean;
  /** Id of the role. */
  roleId: pulumi.Input<string>;
  /** Does it hold for everything below the object? @default true */
  propagate?: boolean;
}

export interface PermissionsArgs {
  /**
   * The object, which must be there for this cluster alone: its explicit permissions are set as a whole, and others on it are
   * removed. Never a datacenter or the root folder.
   */
  entity: PermissionEntity;
  grants: readonly Grant[];
}

/** Who may do what on one dedicated object. One component for each object. */
export class Permissions extends pulumi.ComponentResource {
  constructor(name: string, args: PermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:vsphere:Permissions", name, { ...args }, opts);
    refuseContradictions(name, args);
    new vsphere.EntityPermissions(
      name,
      {
        entityId: pulumi.output(args.entity.id).apply(notRoot),
        entityType: args.entity.type,
        // In the order in which vCenter gives them back: another one would be a difference for ever.
        permissions: args.grants
          .toSorted((a, b) => (a.principal.toLowerCase() < b.principal.toLowerCase() ? -1 : 1))
          .map(({ principal, group, roleId, propagate = true }) => ({
            userOrGroup: principal,
            isGroup: group,
            propagate,
            roleId,
          })),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.registerOutputs({});
  }
}

const ROOT = /^(group-d\d+|datacenter-\d+)$/;

/** The root folder of a vCenter is always `group-d1`; those of a datacenter begin with `group-d` as well. */
export function notRoot(id: string): string {
  if (ROOT.test(id))
    throw new TypeError(
      `permissions on ${id} would hold for a datacenter or all of vCenter; give a dedicated folder`,
    );
  return id;
}

function refuseContradictions(name: string, { entity, grants }: PermissionsArgs): void {
  const problems: string[] = [];
  if (!DEDICATED.includes(entity.type))
    problems.push(
      `entity.type: ${entity.type} is never one cluster's alone; give one of ${DEDICATED.join(", ")}`,
    );
  if (typeof entity.id === "string" && ROOT.test(entity.id))
    problems.push(`entity.id: ${entity.id} is a datacenter's or vCenter's own; give a dedicated folder`);
  if (grants.length === 0)
    problems.push("grants: names nobody, which would take every permission away; give one at least");
  const seen = new Set<string>();
  grants.forEach(({ principal }, i) => {
    const key = principal.toLowerCase();
    if (!/^[^\\@\s]+\\[^\\@]+$/.test(principal))
      problems.push(
        `grants[${i}].principal: ${JSON.stringify(principal)} is not as vCenter shows it; give DOMAIN\\name`,
      );
    if (seen.has(key))
      problems.push(`grants[${i}].principal: ${principal} is named twice; vCenter keeps one role an object`);
    seen.add(key);
  });
  if (problems.length > 0) throw new TypeError(`Permissions ${name}:\n  ${problems.join("\n  ")}`);
}
