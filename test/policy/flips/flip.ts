import { gunzipSync, gzipSync } from "node:zlib";
import { Node } from "../../../policy/node.js";
import type { Subject } from "../../../policy/rule.js";
import { GONE, replaced, type Path } from "../kubernetes/change.js";

/** One property of one kind of resource, and one value that it must not have. */
export interface Flip {
  /** Types of the resources. */
  readonly on: RegExp;
  /** Where, keys with dots before them and `[]` for any place in a list: `.disks[].diskMode`. */
  readonly path: string;
  /** The unsafe value, in words for the table. */
  readonly to: string;
  /** Every change of one resource that makes it so; none where the resource has no such property. */
  readonly changes: (resource: Subject) => readonly Subject[];
  /** True where another resource of the stack holds the same, so that the flip opens nothing. @default never */
  readonly unless?: (stack: readonly Subject[], resource: Subject) => boolean;
}

/** Properties whose value is of no weight for security, and why. */
export interface Neutral {
  readonly on: RegExp;
  readonly path: RegExp;
  readonly why: string;
}

/** Flips and neutral properties of one platform. */
export interface FlipTable {
  readonly flips: readonly Flip[];
  readonly neutral: readonly Neutral[];
}

/** A place in the inputs of a resource. */
export interface Place {
  readonly path: Path;
  /** As {@link Flip.path} writes it. */
  readonly pattern: string;
  readonly value: unknown;
  readonly leaf: boolean;
}

/** Every place in a value, from the outside in. */
export function placesIn(value: unknown, path: Path = []): Place[] {
  const inner: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, i) => [i, item] as const)
    : typeof value === "object" && value !== null
      ? Object.entries(value)
      : [];
  const leaf = typeof value !== "object" || value === null;
  const pattern = path.map((key) => (typeof key === "number" ? "[]" : `.${key}`)).join("");
  return [{ path, pattern, value, leaf }, ...inner.flatMap(([key, item]) => placesIn(item, [...path, key]))];
}

const places = new WeakMap<Node, readonly Place[]>();

/** Every place in the inputs of a resource. */
export function placesOf({ inputs }: Subject): readonly Place[] {
  const known = places.get(inputs) ?? placesIn(inputs.value);
  places.set(inputs, known);
  return known;
}

function changed(resource: Subject, path: Path, by: unknown): Subject {
  return { ...resource, inputs: new Node(replaced(resource.inputs.value, path, by)) };
}

/** What a property becomes; undefined where the flip is none, such as when it has that value already. */
type Make = (value: unknown) => unknown;

/** A flip of one value, or of a whole list or object. */
export function flip(on: RegExp, path: string, to: string, make: Make): Flip {
  return {
    on,
    path,
    to,
    changes: (resource) =>
      placesOf(resource)
        .filter(({ pattern }) => pattern === path)
        .flatMap(({ path: at, value }) => {
          const by = make(value);
          return by === undefined || by === value ? [] : [changed(resource, at, by)];
        }),
  };
}

/** A property gets one fixed value. */
export function set(on: RegExp, path: string, value: unknown): Flip {
  return flip(on, path, JSON.stringify(value), () => value);
}

/** A property is left out. */
export function gone(on: RegExp, path: string): Flip {
  return flip(on, path, "left out", () => GONE);
}

/** A truth value becomes its opposite, where it is the safe one. */
export function inverted(on: RegExp, path: string, safe: boolean): Flip {
  return flip(on, path, String(!safe), (value) => {
    if (typeof value === "boolean") return value === safe ? !safe : undefined;
    return String(value).toLowerCase() === String(safe) ? String(!safe) : undefined;
  });
}

/** A property that is not there is added, below a place that is; undefined where that place must not get it. */
export function added(on: RegExp, below: string, key: string, value: unknown): Flip {
  return {
    ...flip(on, below, "", (inner) =>
      typeof inner === "object" && inner !== null && !Object.hasOwn(inner, key)
        ? { ...inner, [key]: value }
        : undefined,
    ),
    path: `${below}.${key}`,
    to: JSON.stringify(value),
  };
}

/** The resource option `protect` is taken away. */
export function unprotected(on: RegExp): Flip {
  return {
    on,
    path: "option protect",
    to: "false",
    changes: (resource) => (resource.protect ? [{ ...resource, protect: false }] : []),
  };
}

/** A Pulumi secret is one no more. */
export function inClear(on: RegExp, path: string): Flip {
  return {
    on,
    path,
    to: "no Pulumi secret",
    changes: ({ secretPaths = [], ...resource }) =>
      secretPaths
        .filter((secret) => secret.replace(/\[\d+\]/g, "[]") === path)
        .map((secret) => ({ ...resource, secretPaths: secretPaths.filter((each) => each !== secret) })),
  };
}

/** Something inside texts, once for each place where it stands: `what` names it, `from` finds it. */
export function inText(on: RegExp, what: string, to: string, from: RegExp, by: string): Flip {
  return {
    on,
    path: what,
    to,
    changes: (resource) =>
      placesOf(resource)
        .filter(({ leaf, value }) => leaf && typeof value === "string")
        .flatMap(({ path, value }) =>
          variants(value as string, from, by).map((text) => changed(resource, path, text)),
        ),
  };
}

const BASE64 = /[A-Za-z0-9+/]{40,}={0,2}/g;

/** The text with one of the matches replaced, for each; also inside base64, packed or not. */
function variants(text: string, from: RegExp, by: string): string[] {
  const plain = replacements(text, from, (match) => {
    const made = match.replace(new RegExp(from.source, from.flags.replace("g", "")), by);
    return made === match ? [] : [made];
  });
  return [...plain, ...replacements(text, BASE64, (packed) => insidePacked(packed, from, by))];
}

function insidePacked(packed: string, from: RegExp, by: string): string[] {
  const bytes = Buffer.from(packed, "base64");
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const inner = (zipped ? gunzipSync(bytes) : bytes).toString("utf8");
  if (/\ufffd|[^\P{Cc}\t\n\r]/u.test(inner)) return [];
  return variants(inner, from, by).map((text) =>
    (zipped ? gzipSync(text) : Buffer.from(text)).toString("base64"),
  );
}

function replacements(text: string, from: RegExp, make: (match: string) => readonly string[]): string[] {
  const all = new RegExp(from.source, from.flags.includes("g") ? from.flags : `${from.flags}g`);
  return [...text.matchAll(all)].flatMap((match) =>
    make(match[0]).map((by) => text.slice(0, match.index) + by + text.slice(match.index + match[0].length)),
  );
}

export { GONE } from "../kubernetes/change.js";
