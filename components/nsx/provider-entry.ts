import type { NamedProvider } from "../dynamic/dynamic-resource.js";
import type { providers } from "./provider/index.js";

/** A provider of NSX, as the state names it. */
export function nsxProvider(name: keyof typeof providers): NamedProvider {
  return { entry: "pgkeep/nsx/provider", name };
}
