// What a program of one's own may use; a component a file.
export { DatabaseNamespace, type DatabaseNamespaceArgs } from "./database-namespace.js";
export { ImageScan, type ImageScanArgs } from "./image-scan.js";
export { RuntimeRules, type FalcoChartValues, type RuntimeRulesArgs } from "./runtime-rules.js";
