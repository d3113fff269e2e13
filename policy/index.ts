export { CONFIG_SCHEMA, type Exemption } from "./exemptions.js";
export { policies } from "./pack.js";
export {
  resourceRule,
  stackRule,
  type ResourceRule,
  type Rule,
  type Severity,
  type StackRule,
  type Subject,
} from "./rule.js";
export { RULES } from "./rules.js";
