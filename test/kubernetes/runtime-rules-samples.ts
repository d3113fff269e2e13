import type { RuntimeRulesArgs } from "../../components/kubernetes/index.js";

export function rulesArgs(change: Partial<RuntimeRulesArgs> = {}): RuntimeRulesArgs {
  return {
    namespace: "falco",
    clients: ["10.20.2.0/24", "10.20.1.0/24"],
    destinations: ["10.20.1.0/24", "10.20.9.10/32", "10.96.0.10/32"],
    ...change,
  };
}
