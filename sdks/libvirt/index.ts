export type { XmlTransformation } from "./base.js";
export { CloudInitDisk, type CloudInitDiskArgs } from "./cloud-init-disk.js";
export {
  Domain,
  type DomainArgs,
  type DomainConsole,
  type DomainDisk,
  type DomainFilesystem,
  type DomainGraphics,
  type DomainNetworkInterface,
  type DomainTpm,
} from "./domain.js";
export { Network, type NetworkArgs, type NetworkDns } from "./network.js";
export { Pool, type PoolArgs, type PoolSource, type PoolTarget } from "./pool.js";
export { Provider, type ProviderArgs } from "./provider.js";
export { Volume, type VolumeArgs } from "./volume.js";
