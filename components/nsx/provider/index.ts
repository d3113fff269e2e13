/** What Pulumi's server for dynamic providers runs; programs use `pgkeep/nsx`. */
import { FirewallProvider } from "./firewall-provider.js";
import { TagProvider } from "./tag-provider.js";

/** Providers by the name that the state keeps: a name stays for as long as states do. */
export const providers = { firewall: new FirewallProvider(), tag: new TagProvider() } as const;
export { FirewallProvider, type FirewallInputs, type FirewallState } from "./firewall-provider.js";
export { TagProvider, type TagInputs, type TagState } from "./tag-provider.js";
