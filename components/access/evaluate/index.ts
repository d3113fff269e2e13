export { evaluateCalico } from "./calico.js";
export { CannotJudge, type Judgement } from "./judgement.js";
export { evaluateNetworkPolicy, type PodPacket } from "./network-policy.js";
export { evaluateNftables } from "./nftables/evaluate.js";
export type { NftPacket } from "./nftables/rule.js";
export { parseNftables, type NftTable } from "./nftables/ruleset.js";
export { evaluateNsx, parseNsx, type NsxState } from "./nsx.js";
export { evaluateNwFilter, parseNwFilter, type FilterPacket, type ParsedFilter } from "./nwfilter.js";
export { evaluatePgHba, parsePgHba, type HbaRecord } from "./pg-hba.js";
