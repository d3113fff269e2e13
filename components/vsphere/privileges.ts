/** What a role is for. */
export const ROLE_KINDS = [
  "auditor",
  "snapshotOperator",
  "backupOperator",
  "recoveryOperator",
  "replicationOperator",
  "vmOperator",
  "deployer",
  "recoveryTester",
  "recoveryExecutor",
] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

/** Additions to a role, by what the environment is like. */
export type Circumstance = "encrypted" | "hotAdd" | "restore";

/** Privileges of a role. `System.*` is never listed: vCenter gives View, Read and Anonymous to every role itself. */
export interface Privileges {
  /** Shown where roles are explained. */
  readonly purpose: string;
  readonly always: readonly string[];
  readonly when?: Readonly<Partial<Record<Circumstance, readonly string[]>>>;
}

const HBR = "VirtualMachine.Hbr";
const CONFIG = "VirtualMachine.Config";
const INTERACT = "VirtualMachine.Interact";
const PLAN = "VcDr.RecoveryProfile.com.vmware.vcDr";

/**
 * Exactly what each role needs, by the vendor's lists of required privileges and by what the plugin and govc call. A role works only
 * where it is assigned: VM rights on the folder, `Datastore.*` on the datastore, `Network.Assign` on the port group,
 * `Resource.AssignVMToPool` on the pool, `Cryptographer.*`, tags, storage profiles and `Global.*` at the root.
 *
 * Nobody but the deployer may change permissions or advanced settings (guestinfo is one of them, and with it a first start), see a
 * console, or act in a guest. Snapshots are removed by those who make them, and by nobody who may also start an older state.
 */
export const PRIVILEGES: Readonly<Record<RoleKind, Privileges>> = {
  auditor: {
    purpose: "reads configuration, state, storage policies and replication; changes nothing",
    always: ["Profile.View", "StorageProfile.View", `${HBR}.MonitorReplication`],
    when: { encrypted: ["Cryptographer.ReadKeyServersInfo"] },
  },
  snapshotOperator: {
    purpose: "takes, renames and prunes snapshots",
    always: [
      "Datastore.AllocateSpace",
      "VirtualMachine.State.CreateSnapshot",
      "VirtualMachine.State.RemoveSnapshot",
      "VirtualMachine.State.RenameSnapshot",
    ],
  },
  backupOperator: {
    purpose: "copies whole VMs with a backup product (VADP)",
    always: [
      "Datastore.AllocateSpace",
      "Datastore.Browse",
      "Datastore.FileManagement",
      "Global.DisableMethods",
      "Global.EnableMethods",
      "Global.Licenses",
      `${CONFIG}.ChangeTracking`,
      `${CONFIG}.DiskLease`,
      "VirtualMachine.Provisioning.DiskRandomRead",
      "VirtualMachine.Provisioning.GetVmFiles",
      "VirtualMachine.State.CreateSnapshot",
      "VirtualMachine.State.RemoveSnapshot",
    ],
    when: {
      encrypted: ["Cryptographer.Access", "Cryptographer.AddDisk"],
      hotAdd: [`${CONFIG}.AddExistingDisk`, `${CONFIG}.RemoveDisk`],
      restore: ["VirtualMachine.Provisioning.DiskRandomAccess"],
    },
  },
  recoveryOperator: {
    purpose: "starts, stops, goes back to a snapshot, registers VMs at the other site",
    always: [
      "Datastore.AllocateSpace",
      "Datastore.Browse",
      "Datastore.FileManagement",
      "Network.Assign",
      "Resource.AssignVMToPool",
      `${CONFIG}.AddExistingDisk`,
      `${CONFIG}.AddRemoveDevice`,
      `${CONFIG}.EditDevice`,
      `${INTERACT}.AnswerQuestion`,
      `${INTERACT}.DeviceConnection`,
      `${INTERACT}.PowerOff`,
      `${INTERACT}.PowerOn`,
      `${INTERACT}.Reset`,
      "VirtualMachine.Inventory.Register",
      "VirtualMachine.Inventory.Unregister",
      "VirtualMachine.State.RevertToSnapshot",
    ],
    when: { encrypted: ["Cryptographer.Access", "Cryptographer.RegisterVM"] },
  },
  replicationOperator: {
    purpose: "configures and watches vSphere Replication",
    always: [
      "Host.Hbr.HbrManagement",
      `${HBR}.ConfigureReplication`,
      `${HBR}.MonitorReplication`,
      `${HBR}.ReplicaManagement`,
    ],
  },
  vmOperator: {
    purpose: "starts and stops database VMs and gives them more processors, memory and disk",
    always: [
      "Datastore.AllocateSpace",
      `${CONFIG}.Annotation`,
      `${CONFIG}.CPUCount`,
      `${CONFIG}.DiskExtend`,
      `${CONFIG}.Memory`,
      `${CONFIG}.Resource`,
      `${INTERACT}.PowerOff`,
      `${INTERACT}.PowerOn`,
      `${INTERACT}.Reset`,
    ],
  },
  deployer: {
    purpose: "makes and changes what is declared, but for roles and permissions",
    always: [
      "DVPortgroup.Create",
      "DVPortgroup.Delete",
      "DVPortgroup.Modify",
      "Datastore.AllocateSpace",
      "Datastore.Browse",
      "Datastore.FileManagement",
      "Folder.Create",
      "Folder.Delete",
      "Host.Inventory.EditCluster",
      "InventoryService.Tagging.AttachTag",
      "InventoryService.Tagging.CreateCategory",
      "InventoryService.Tagging.CreateTag",
      "InventoryService.Tagging.DeleteCategory",
      "InventoryService.Tagging.DeleteTag",
      "InventoryService.Tagging.EditCategory",
      "InventoryService.Tagging.EditTag",
      "Network.Assign",
      "Resource.AssignVMToPool",
      "Resource.CreatePool",
      "Resource.DeletePool",
      "Resource.EditPool",
      "StorageProfile.Apply",
      "StorageProfile.Update",
      "StorageProfile.View",
      `${CONFIG}.AddExistingDisk`,
      `${CONFIG}.AddNewDisk`,
      `${CONFIG}.AddRemoveDevice`,
      `${CONFIG}.AdvancedConfig`,
      `${CONFIG}.Annotation`,
      `${CONFIG}.CPUCount`,
      `${CONFIG}.DiskExtend`,
      `${CONFIG}.EditDevice`,
      `${CONFIG}.Memory`,
      `${CONFIG}.RemoveDisk`,
      `${CONFIG}.Rename`,
      `${CONFIG}.Resource`,
      `${CONFIG}.Settings`,
      `${CONFIG}.SwapPlacement`,
      `${CONFIG}.UpgradeVirtualHardware`,
      `${INTERACT}.AnswerQuestion`,
      `${INTERACT}.DeviceConnection`,
      `${INTERACT}.PowerOff`,
      `${INTERACT}.PowerOn`,
      `${INTERACT}.Reset`,
      "VirtualMachine.Inventory.Create",
      "VirtualMachine.Inventory.CreateFromExisting",
      "VirtualMachine.Inventory.Delete",
      "VirtualMachine.Inventory.Move",
      "VirtualMachine.Provisioning.Clone",
      "VirtualMachine.Provisioning.Customize",
      "VirtualMachine.Provisioning.DeployTemplate",
      "VirtualMachine.Provisioning.ReadCustSpecs",
      // The snapshot before a change.
      "VirtualMachine.State.CreateSnapshot",
      "VirtualMachine.State.RemoveSnapshot",
    ],
    when: { encrypted: ["Cryptographer.Access", "Cryptographer.EncryptNew"] },
  },
  recoveryTester: {
    purpose: "tests recovery plans of Site Recovery Manager and cleans up after the test",
    always: [`${PLAN}.Run`],
  },
  recoveryExecutor: {
    purpose: "fails over for real with Site Recovery Manager, and protects the other way round afterwards",
    always: [`${PLAN}.Failover`, `${PLAN}.Reprotect`],
  },
};

/** Roles whose privileges exist only in a vCenter where Site Recovery Manager is registered. */
export const SRM_ROLES: readonly RoleKind[] = ["recoveryTester", "recoveryExecutor"];

/** Privileges of a role under the given circumstances: sorted, each once. */
export function privilegesOf(kind: RoleKind, circumstances: readonly Circumstance[]): string[] {
  const { always, when } = PRIVILEGES[kind];
  return [...new Set([...always, ...circumstances.flatMap((each) => when?.[each] ?? [])])].toSorted();
}
