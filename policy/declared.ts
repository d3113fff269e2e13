import { DeclarationError, parseEnvironment, type Environment } from "../components/declaration/index.js";
import type { Node } from "./node.js";
import type { Subject } from "./rule.js";

/** Types of our components that carry the declaration among their arguments. */
export const CLUSTERS = /^pgkeep:[a-z]+:PostgresCluster$/;

/** The declaration among the arguments of a cluster component, parsed or as it was written. @throws NotKnownYet */
export function declaredIn({ inputs }: Subject): { environment: Environment; at: Node } | undefined {
  const at = inputs.at("environment");
  const { value } = at;
  if (typeof value !== "object" || value === null) return undefined;
  // Parsed ones have a version made of numbers; a written one is parsed here.
  if (typeof at.at("cluster").at("version").value === "object")
    return { environment: value as Environment, at };
  try {
    return { environment: parseEnvironment(value), at };
  } catch (error) {
    if (error instanceof DeclarationError) return undefined;
    throw error;
  }
}

/** True for a cluster component and everything that one consists of: the engine writes the types of all parents into a URN. */
function isOfCluster({ urn }: Subject): boolean {
  return (urn.split("::")[2] ?? "").split("$").some((type) => CLUSTERS.test(type));
}

/** What of a stack belongs to no cluster of ours. */
export function madeByHand(resources: readonly Subject[]): readonly Subject[] {
  return resources.filter((resource) => !isOfCluster(resource));
}
