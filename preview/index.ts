export { comment, countByType, marker, refusal } from "./comment/index.js";
export type { StackConfig } from "./configuration.js";
export type { Finding, Judgement } from "./judge.js";
export { declaredBy, type DeclaredResource } from "./monitor.js";
export {
  previewEnvironment,
  type AccessComparison,
  type ObjectiveRow,
  type Preview,
  type PreviewRequest,
} from "./preview.js";
