import { kvmEnvironment } from "../fixtures/environment.js";

/** Keys of a path such as `cluster.members[1].site`. */
function keysOf(path: string): string[] {
  return path.match(/[^.[\]]+/g) ?? [];
}

/**
 * The valid fixture with changes applied, one a line: `path = JSON`, `path removed`, `list appended JSON`.
 * Mappings that are missing on the way are made.
 */
export function changed(lines: readonly string[], fixture: () => unknown = kvmEnvironment): unknown {
  const root = structuredClone(fixture()) as Record<string, unknown>;
  for (const line of lines) {
    const match = /^(\S+) (?:(removed)|(=|appended) (.*))$/.exec(line);
    if (match === null) throw new Error(`not a change: ${line}`);
    const [, path = "", removed, verb, json = ""] = match;
    const keys = keysOf(path);
    const last = verb === "appended" ? undefined : keys.pop();
    let at: Record<string, unknown> | unknown[] = root;
    for (const key of keys) {
      const record: Record<string, unknown> = at as Record<string, unknown>;
      record[key] ??= {};
      at = record[key] as Record<string, unknown>;
    }
    if (last === undefined) (at as unknown as unknown[]).push(JSON.parse(json));
    else if (removed === undefined) (at as Record<string, unknown>)[last] = JSON.parse(json) as unknown;
    else if (Array.isArray(at)) at.splice(Number(last), 1);
    else Reflect.deleteProperty(at, last);
  }
  return root;
}
