// The provider of the bundled SDK: who uses the components one by one connects them with it.
export { Provider, type ProviderArgs } from "@pulumi/vsphere";
export type { HostAccess } from "../remote/index.js";
export { vcenterProvider, type Credentials, type VcenterAccess } from "./connection.js";
export { GuestConfiguration, type GuestConfigurationArgs } from "./guest-configuration.js";
export { GuestHostKey, type GuestHostKeyArgs } from "./guest-host-key.js";
export { HARDENING, type HardeningSetting } from "./hardening.js";
export { IsolatedPortGroup, type IsolatedPortGroupArgs } from "./isolated-port-group.js";
export { OperationsHost, type OperationsHostArgs } from "./operations-host.js";
export { Permissions, type Grant, type PermissionEntity, type PermissionsArgs } from "./permissions.js";
export { PostgresCluster, type PlacedVm, type PostgresClusterArgs } from "./postgres-cluster.js";
export { PostgresVm, type PostgresVmArgs } from "./postgres-vm.js";
export { PreChangeSnapshot, type PreChangeSnapshotArgs } from "./pre-change-snapshot.js";
export {
  PRIVILEGES,
  privilegesOf,
  ROLE_KINDS,
  SRM_ROLES,
  type Privileges,
  type RoleKind,
} from "./privileges.js";
export { Roles, type RolesArgs } from "./roles.js";
export { Site, type SiteArgs } from "./site.js";
export { SnapshotSchedule, type SnapshotScheduleArgs } from "./snapshot-schedule.js";
