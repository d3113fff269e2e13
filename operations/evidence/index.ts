export * from "./canonical.js";
export * from "./chain.js";
export * from "./record.js";
export * from "./store.js";
