import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import {
  PRIVILEGES,
  privilegesOf,
  ROLE_KINDS,
  SRM_ROLES,
  type Circumstance,
  type RoleKind,
} from "./privileges.js";

export interface RolesArgs {
  /** What the names of the roles begin with, such as pgkeep-orders. Names are unique in a vCenter. */
  prefix: string;
  /** Roles to make. @default all but those of Site Recovery Manager, whose privileges exist only where it is registered */
  kinds?: readonly RoleKind[];
  /** VMs are encrypted: rights on keys are added where a role needs them. @default false */
  encrypted?: boolean;
  /** The backup product attaches disks to a proxy VM (hot-add transport). @default false */
  hotAdd?: boolean;
  /** The backup product's account also restores. @default false */
  restore?: boolean;
}

/**
 * Roles of a vCenter Server with least privilege: see `PRIVILEGES`. A role does nothing until `Permissions` give it to somebody
 * somewhere. Testing a recovery plan and failing over with it are different roles.
 */
export class Roles extends pulumi.ComponentResource {
  /** Ids of the roles that were made, by kind. */
  readonly ids: Readonly<Partial<Record<RoleKind, pulumi.Output<string>>>>;

  constructor(name: string, args: RolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:vsphere:Roles", name, { ...args }, opts);
    const kinds = args.kinds ?? ROLE_KINDS.filter((kind) => !SRM_ROLES.includes(kind));
    refuseContradictions(name, args, kinds);
    const circumstances = (["encrypted", "hotAdd", "restore"] as const).filter((each) => args[each] === true);
    const ids: Partial<Record<RoleKind, pulumi.Output<string>>> = {};
    for (const kind of kinds) {
      const role = new vsphere.Role(
        `${name}-${kind}`,
        { name: `${args.prefix}-${kind}`, rolePrivileges: privilegesOf(kind, circumstances) },
        { parent: this, deleteBeforeReplace: true },
      );
      ids[kind] = role.id;
    }
    this.ids = ids;
    this.registerOutputs({ ids });
  }

  /** Id of a role. @throws RangeError when it was not made */
  idOf(kind: RoleKind): pulumi.Output<string> {
    const id = this.ids[kind];
    if (id === undefined)
      throw new RangeError(`role ${kind} was not made; give one of ${Object.keys(this.ids).join(", ")}`);
    return id;
  }
}

/** Roles that have something to say about a circumstance. */
function affectedBy(circumstance: Circumstance): readonly RoleKind[] {
  return ROLE_KINDS.filter((kind) => PRIVILEGES[kind].when?.[circumstance] !== undefined);
}

function refuseContradictions(name: string, args: RolesArgs, kinds: readonly RoleKind[]): void {
  const problems: string[] = [];
  if (!/^[A-Za-z][A-Za-z0-9-]{0,59}$/.test(args.prefix))
    problems.push(
      `prefix: ${JSON.stringify(args.prefix)} is not usable; give at most 60 letters, digits and hyphens`,
    );
  if (kinds.length === 0) problems.push("kinds: names no role; give one at least");
  kinds.forEach((kind, i) => {
    if (kinds.indexOf(kind) !== i) problems.push(`kinds[${i}]: ${kind} is named twice; give it once`);
  });
  for (const circumstance of ["hotAdd", "restore"] as const) {
    const affected = affectedBy(circumstance);
    if (args[circumstance] === true && !affected.some((kind) => kinds.includes(kind)))
      problems.push(`${circumstance}: changes none of the roles; give ${affected.join(" or ")} in kinds`);
  }
  if (problems.length > 0) throw new TypeError(`Roles ${name}:\n  ${problems.join("\n  ")}`);
}
