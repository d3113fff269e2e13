export { type Fault, type Injection } from "../common/faults.js";
export { type SeenCall } from "../common/server.js";
export { SiteEndpoint, SrmEndpoint, type EndpointOptions } from "./endpoint.js";
export { type Account } from "./sessions.js";
export { World, type SiteIndex, type SiteOptions, type VmOptions } from "./world.js";
