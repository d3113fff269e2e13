export { type Fault, type Injection } from "../common/faults.js";
export { type SeenCall } from "../common/server.js";
export { NsxEndpoint, type EndpointOptions } from "./endpoint.js";
export { type Intent, type Stored } from "./intent.js";
export { type InventoryVm, type VmTag } from "./inventory.js";
export { Manager, type ManagerOptions, type Moment } from "./manager.js";
