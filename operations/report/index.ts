export * from "./format.js";
export * from "./html.js";
export * from "./summary.js";
export * from "./text.js";
