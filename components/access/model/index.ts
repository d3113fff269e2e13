export { changesBetween, type AccessChange } from "./changes.js";
export {
  decide,
  decideAmong,
  decideLogin,
  groupsOf,
  isMember,
  loginsAmong,
  type Decision,
  type Sides,
} from "./decide.js";
export { derivedInput, derivedModel, guestGroup } from "./derive.js";
export { accessModel, modelProblems, readModel, type AccessModel, type Group, type Rule } from "./model.js";
export { ownPodRules, podsInput, type PodAccess, type PodEndpoints } from "./pods.js";
export { termChanges, termsOf, termWords, type TermChange, type Terms } from "./terms.js";
export {
  groupSchema,
  ruleSchema,
  type ModelInput,
  type ModelLogin,
  type PortRange,
  type Service,
} from "./schema.js";
