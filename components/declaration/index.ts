export { storePlace, type Archive } from "./archive.js";
export * from "./cluster.js";
export { cnpgReserves, CNPG_RESERVED, type Cnpg, type Handover } from "./cnpg.js";
export { connectionLimit, maxConnections, openConnections, RESERVED_CONNECTIONS } from "./connections.js";
export { DeclarationError, type Problem } from "./errors.js";
export * from "./environment.js";
export { goDuration, parseGoDuration } from "./go-duration.js";
export type { Falco, Scan } from "./detection.js";
export { isFloating, isPinned, parseImage, PINNED_IMAGE, type ImageReference } from "./image.js";
export * from "./json-schema.js";
export {
  FIRST_POD,
  kubernetesOf,
  primaryMember,
  siteCluster,
  type Kubernetes,
  type KubernetesSite,
} from "./kubernetes.js";
export * from "./kvm.js";
export * from "./machines.js";
export * from "./recovery.js";
export * from "./security.js";
export * from "./secrets.js";
export { repositorySize } from "./repository-size.js";
export { longestInterval, shortestGapAfter } from "./schedule.js";
export {
  folderOf,
  type NsxSites,
  type SrmSite,
  type Vmware,
  type VmwareHost,
  type VmwareSite,
} from "./vmware.js";
export type { Velero } from "./velero.js";
export { dayOf, formatDuration, formatSize } from "./units.js";
