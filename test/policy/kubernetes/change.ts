import type { Subject } from "../../../policy/index.js";
import { compliantStack, OBJECTS, resource, type Properties } from "./stack.js";

/** Stands for a key that is taken away. */
export const GONE = Symbol("gone");

/** Where in an object, key by key. */
export type Path = readonly (string | number)[];

/** `spec.rules[0].verbs`, with keys that hold dots in quotes: `data."pg_hba.conf"`. */
export function pathOf(text: string): Path {
  return [...text.matchAll(/"([^"]+)"|\[(\d+)\]|([^.[\]"]+)/g)].map(([, quoted, index, key]) =>
    index === undefined ? (quoted ?? key ?? "") : Number(index),
  );
}

/** A copy with one value in another's place; what is missing on the way is made. */
export function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const list = Array.isArray(value) || (value === undefined && typeof key === "number");
  if (list) {
    const copy = [...((value as unknown[] | undefined) ?? [])];
    const inner = replaced(copy[Number(key)], rest, by);
    if (inner === GONE) copy.splice(Number(key), 1);
    else copy[Number(key)] = inner;
    return copy;
  }
  const entries = new Map(Object.entries((value ?? {}) as object) as [string, unknown][]);
  const inner = replaced(entries.get(String(key)), rest, by);
  if (inner === GONE) entries.delete(String(key));
  else entries.set(String(key), inner);
  return Object.fromEntries(entries);
}

/** A change of one property of one object of the stack; `.protect` and `.provider` are those of the resource. */
export type Change = readonly [object: string, path: string, value: unknown];

/** A further object, or one in another's place. */
export interface Added {
  readonly type: string;
  readonly inputs: Properties;
  readonly more?: Partial<Subject>;
}

/** The stack with changes, without some objects, and with others. */
export function stackWith({
  changes = [],
  without = [],
  added = {},
}: {
  readonly changes?: readonly Change[];
  readonly without?: readonly string[];
  readonly added?: Readonly<Record<string, Added>>;
}): Subject[] {
  for (const name of [...without, ...changes.map(([object]) => object)])
    if (!Object.hasOwn(OBJECTS, name)) throw new RangeError(`the stack has no ${name}`);
  const kept = compliantStack()
    .filter(({ name }) => !without.includes(name))
    .map((subject) =>
      changes
        .filter(([object]) => object === subject.name)
        .reduce((each, [, path, value]) => {
          if (path === ".protect") return { ...each, protect: value === true };
          return resource(each.type, each.name, replaced(each.inputs.value, pathOf(path), value), {
            protect: each.protect,
          });
        }, subject),
    );
  const more = Object.entries(added).map(([name, { type, inputs, more: others }]) =>
    resource(type, name, inputs, others),
  );
  return [...kept, ...more];
}
