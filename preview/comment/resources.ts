import type { DeclaredResource } from "../monitor.js";
import { code, folded, table } from "./escape.js";

/** How many there are of each type, most first. */
export function countByType(resources: readonly DeclaredResource[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

/** What a new stack would consist of. */
export function resourcesSection(resources: readonly DeclaredResource[]): string {
  const components = resources.filter(({ custom }) => !custom).length;
  return [
    `### Would be created: ${resources.length} resources`,
    `${resources.length - components} of providers, ${components} components above them (the stack is one).`,
    table(
      ["type", "number"],
      countByType(resources).map(([type, count]) => [code(type), `${count}`]),
    ),
    folded(
      "all of them",
      resources
        .map(({ type, name, protect }) => `- ${code(type)} ${code(name)}${protect ? ", protected" : ""}`)
        .join("\n"),
    ),
  ].join("\n\n");
}
