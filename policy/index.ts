export * from "./offline.js";
export { policies } from "./pack.js";
