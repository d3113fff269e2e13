// What a program of one's own may use; a component a file.
export { ImageScan, type ImageScanArgs, type ReportCopy } from "./image-scan.js";
export { RuntimeRules, type FalcoChartValues, type RuntimeRulesArgs } from "./runtime-rules.js";
