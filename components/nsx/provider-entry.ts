import type * as pulumi from "@pulumi/pulumi";
import { deferredProvider } from "../dynamic/deferred-provider.js";
import type { providers } from "./provider/index.js";

/** A provider of NSX, as the state keeps it. */
export function nsxProvider(name: keyof typeof providers): pulumi.dynamic.ResourceProvider {
  return deferredProvider("pgkeep/nsx/provider", name);
}
