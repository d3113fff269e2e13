import type * as pulumi from "@pulumi/pulumi";
import type { PlatformRoles, Vmware } from "../declaration/index.js";
import type { RoleKind } from "./privileges.js";
import type { Grant } from "./permissions.js";

/** Which role the accounts of the declaration get. */
export const ROLES_OF_ACCOUNTS = {
  auditors: "auditor",
  backupOperators: "snapshotOperator",
  recoveryOperators: "recoveryOperator",
} as const satisfies Readonly<Record<keyof PlatformRoles, RoleKind>>;

/** Grants for the accounts of the declaration; `only` leaves out whoever has nothing to do on an object. */
export function grantsOf(
  roles: PlatformRoles,
  accounts: NonNullable<Vmware["accounts"]>,
  idOf: (kind: RoleKind) => pulumi.Input<string>,
  only: readonly RoleKind[] = Object.values(ROLES_OF_ACCOUNTS),
): Grant[] {
  return (Object.keys(ROLES_OF_ACCOUNTS) as (keyof PlatformRoles)[]).flatMap((key) => {
    const kind = ROLES_OF_ACCOUNTS[key];
    if (!only.includes(kind)) return [];
    return roles[key].map((account) => ({
      principal: `${accounts.domain}\\${account}`,
      group: accounts.kind === "groups",
      roleId: idOf(kind),
    }));
  });
}
