/** What Pulumi's server for dynamic providers runs; programs use `pgkeep/srm`. */
import { groupKind } from "./group-kind.js";
import { mappingsKind } from "./mappings-kind.js";
import { planKind } from "./plan-kind.js";
import { SrmProvider } from "./srm-provider.js";

/** Kinds by the name that the state keeps: a name stays for as long as states do. */
export const kinds = { group: groupKind, mappings: mappingsKind, plan: planKind } as const;
export const providers = {
  group: new SrmProvider(groupKind),
  mappings: new SrmProvider(mappingsKind),
  plan: new SrmProvider(planKind),
} as const;
export { SrmProvider, type ObjectInputs, type ObjectState } from "./srm-provider.js";
