export { compileCalico } from "./calico.js";
export type { Manifest } from "./kubernetes.js";
export { compileNetworkPolicy } from "./network-policy.js";
export { compileNftables } from "./nftables.js";
export { compileNsx, type NsxObject } from "./nsx.js";
export { compileNwFilterOf } from "./nwfilter.js";
export { compilePgHba } from "./pg-hba.js";
export type { Place } from "./place.js";
export { TARGETS, type Compiled, type Limit, type Target } from "./result.js";
