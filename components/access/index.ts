export * from "./compile/index.js";
export * from "./evaluate/index.js";
export * from "./guest-rules.js";
export * from "./model/index.js";
export * from "./nwfilter.js";
export type * from "./packet.js";
