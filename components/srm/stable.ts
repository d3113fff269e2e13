/** The text of a value of JSON with the keys of its objects in order: equal values have equal texts. Absent and undefined are one. */
export function stable(value: unknown): string {
  return JSON.stringify(ordered(value));
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([key, part]) => [key, ordered(part)]),
  );
}
