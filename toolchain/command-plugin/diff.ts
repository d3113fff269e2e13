import { isInternal } from "./schema.js";
import { equal, type Properties } from "./values.js";

export type ChangeKind = "add" | "delete" | "update";

/** One changed input. */
export interface Change {
  readonly property: string;
  readonly kind: ChangeKind;
  /** Whether the resource must be replaced; triggers alone do that. */
  readonly replace: boolean;
}

/** Compares the inputs of the last run with those wanted now. */
export function changes(olds: Properties, news: Properties): readonly Change[] {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)].filter((name) => !isInternal(name)));
  const found: Change[] = [];
  for (const property of [...names].sort()) {
    const [before, after] = [olds[property] ?? undefined, news[property] ?? undefined];
    if (equal(before, after)) continue;
    const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
    found.push({ property, kind, replace: property === "triggers" });
  }
  return found;
}
