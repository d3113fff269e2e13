import type { Subject } from "../../../policy/index.js";
import { subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const role = (...rolePrivileges: string[]): Subject => subject("role", { rolePrivileges });
const given = (change: Record<string, unknown>, roleId = "1105"): Subject =>
  subject("permissions", {
    permissions: [{ userOrGroup: "EXAMPLE\\x", isGroup: true, propagate: true, roleId }],
    ...change,
  });
const vcenter = (change: Record<string, unknown>): Subject => subject("vcenter", change);

export const vsphereAccessTable: RuleTable = [
  {
    rule: "role-no-wildcards",
    violating: [
      [role("VirtualMachine.*"), /VirtualMachine\.\* is a pattern/],
      [role("VirtualMachine.State.CreateSnapshot", "Datastore"), /\[1\]: Datastore is a group/],
    ],
  },
  {
    rule: "role-privileges-exist",
    violating: [
      [role("VirtualMachine.Config.ReadOnly"), /no privilege VirtualMachine\.Config\.ReadOnly/],
      [role("System.Read"), /every role has it/],
      [role("virtualMachine.state.createSnapshot!"), /has not the form/],
    ],
    compliant: [
      role("Host.Inventory.ManageClusterLifecyle", "VcDr.RecoveryProfile.com.vmware.vcDr.Run"),
      role("InventoryService.Tagging.AttachTag"),
    ],
  },
  {
    rule: "role-no-authorization",
    violating: [
      [role("Authorization.ModifyPermissions"), /Authorization\.ModifyPermissions gives rights/],
      [role("Authorization.ReassignRolePermissions"), /gives rights/],
    ],
  },
  {
    rule: "role-one-duty",
    violating: [
      [
        role("VirtualMachine.Config.DiskLease", "VirtualMachine.Inventory.Delete"),
        /makes backups and deletes VMs/,
      ],
      [
        role("VirtualMachine.GuestOperations.Execute", "VirtualMachine.State.RevertToSnapshot"),
        /works in the guest and removes/,
      ],
      [
        role("VcDr.RecoveryProfile.com.vmware.vcDr.Run", "VcDr.RecoveryProfile.com.vmware.vcDr.Failover"),
        /tests a recovery plan and runs it/,
      ],
      [role("Cryptographer.ManageKeys", "VirtualMachine.Interact.PowerOff"), /manages the keys/],
    ],
    compliant: [
      role(
        "VirtualMachine.Config.ChangeTracking",
        "VirtualMachine.Config.DiskLease",
        "Datastore.FileManagement",
      ),
      role("Cryptographer.Access", "VirtualMachine.Inventory.Register"),
    ],
  },
  {
    rule: "permissions-no-admin",
    violating: [
      [given({}, "-1"), /\.permissions\[0\]\.roleId: the role is Admin/],
      [given({}, "-7"), /TrustedAdmin/],
    ],
    compliant: [given({}, "-2"), given({ permissions: [] })],
  },
  {
    rule: "permissions-not-at-the-top",
    violating: [
      [given({ entityId: "group-d1" }), /a folder above datacenters, and all below/],
      [given({ entityId: "datacenter-2", entityType: "Datacenter" }), /a whole datacenter, and all below/],
      [
        given({
          entityId: "datacenter-2",
          entityType: "Datacenter",
          permissions: [{ userOrGroup: "x", isGroup: true, propagate: false, roleId: "1105" }],
        }),
        /a whole datacenter\./,
      ],
    ],
    compliant: [given({ entityId: "datastore-11", entityType: "Datastore" })],
  },
  {
    rule: "vcenter-verified",
    violating: [
      [vcenter({ allowUnverifiedSsl: "true" }), /any certificate is accepted/],
      [vcenter({ allowUnverifiedSsl: true }), /any certificate is accepted/],
      [vcenter({ vsphereServer: undefined }), /the environment decides/],
    ],
  },
  {
    rule: "vcenter-leaves-nothing",
    violating: [
      [vcenter({ persistSession: "true" }), /stays in a file/],
      [vcenter({ clientDebug: true }), /written to files/],
    ],
  },
];
