export { SimulatedVCenter, type VCenterOptions, type VmNotice } from "./vcenter.js";
export {
  startVCenters,
  VCENTER_SITES,
  vcenterPrograms,
  type PairOptions,
  type VCenterPair,
  type VCenterPrograms,
  type VCenterSite,
} from "./sites.js";
