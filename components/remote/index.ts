export { asRoot, hostConnection, type HostAccess } from "./host-connection.js";
