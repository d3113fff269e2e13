// What a program of one's own may use; a component a file.
export {
  AccessPolicies,
  type AccessPoliciesArgs,
  type AccessRule,
  type Endpoints,
  type PodSelection,
} from "./access-policies.js";
export { AttachedPostgres, type AttachedPostgresArgs } from "./attached-postgres.js";
export { DatabaseNamespace, type DatabaseNamespaceArgs } from "./database-namespace.js";
export { ImageScan, type ImageScanArgs, type ReportCopy } from "./image-scan.js";
export { PostgresCnpg, type LeftToOperator, type PostgresCnpgArgs } from "./postgres-cnpg.js";
export { PostgresCluster, type PostgresClusterArgs } from "./postgres-cluster.js";
export {
  PostgresStatefulSet,
  type PodAttachment,
  type PostgresStatefulSetArgs,
} from "./postgres-stateful-set.js";
export { RuntimeRules, type FalcoChartValues, type RuntimeRulesArgs } from "./runtime-rules.js";
export {
  VeleroBackups,
  type BackedUpDatabase,
  type BackupLocation,
  type BackupSchedule,
  type VeleroBackupsArgs,
} from "./velero-backups.js";
export { WalArchive, type WalArchiveArgs } from "./wal-archive.js";
