export { NsxEndpoint, type EndpointOptions, type SeenCall } from "./endpoint.js";
export { type Fault, type Injection } from "./faults.js";
export { type Intent, type Stored } from "./intent.js";
export { type InventoryVm, type VmTag } from "./inventory.js";
export { Manager, type ManagerOptions, type Moment } from "./manager.js";
