export { SimulatedVCenter, type VCenterOptions } from "./vcenter.js";
export {
  startVCenters,
  VCENTER_SITES,
  vcenterPrograms,
  type VCenterPair,
  type VCenterPrograms,
  type VCenterSite,
} from "./sites.js";
