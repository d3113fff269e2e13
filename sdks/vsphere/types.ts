/** Nested argument types, under the names that the published package gives them (`types.input.X`). */
export * as input from "./inputs.js";
