// Everything about the rules that works without Pulumi's policy SDK: the command judges files with it.
export { complianceOf, type ControlRow, type ControlState, type FrameworkTable } from "./compliance.js";
export { readConfiguration, unconfigured, type Level, type RuleConfiguration } from "./configuration.js";
export { controlParts, FRAMEWORK_NAMES, FRAMEWORKS, type Control, type FrameworkName } from "./controls.js";
export { CONFIG_SCHEMA, type Exemption } from "./exemptions.js";
export { judgeStack, type Finding, type Judged, type Judgement } from "./judgement.js";
export type { Parameter, Parameters } from "./parameters.js";
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
export { subjectsIn } from "./stack-file.js";
