/** Thrown when a rule reads a value that a preview does not know yet. */
export class NotKnownYet extends Error {
  override readonly name = "NotKnownYet";

  constructor(readonly path: string) {
    super(`${path} is not known yet`);
  }
}

/** What stands in the place of a text that is not known. */
export const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What the policy SDK puts in the place of unknown values, one for each kind of value. */
const UNKNOWN = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  UNKNOWN_TEXT,
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A value as a text, to show or compare it; what is no plain value becomes JSON, since its own words may be anything. */
export function textOf(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** A place in the properties of a resource. Reading is lenient about absence and strict about unknown values. */
export class Node {
  constructor(
    private readonly raw: unknown,
    /** Such as `.disks[0].volumeId`; empty for the resource itself. */
    readonly path: string = "",
  ) {}

  /** The value as it is. @throws NotKnownYet */
  get value(): unknown {
    if (this.unknown) throw new NotKnownYet(this.path === "" ? "the whole resource" : this.path);
    return this.raw;
  }

  /** The value as a text, to show or compare it; never fails on what is no plain value. @throws NotKnownYet */
  get shown(): string {
    return textOf(this.value);
  }

  /** True when a preview does not know the value yet. */
  get unknown(): boolean {
    return typeof this.raw === "string" && UNKNOWN.has(this.raw);
  }

  /** The place under a key. */
  at(key: string): Node {
    const value = this.value;
    const inner =
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined;
    return new Node(inner, `${this.path}.${key}`);
  }

  /** The text under a key, or undefined. */
  text(key: string): string | undefined {
    const { value } = this.at(key);
    return typeof value === "string" ? value : undefined;
  }

  /** The number under a key, also one that travels as text, or undefined. */
  number(key: string): number | undefined {
    const { value } = this.at(key);
    if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    return typeof value === "number" ? value : undefined;
  }

  /** The truth value under a key, also one that travels as text, or undefined. */
  flag(key: string): boolean | undefined {
    const { value } = this.at(key);
    if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
    return typeof value === "boolean" ? value : undefined;
  }

  /** The keys of the value, when it has any. */
  keys(): string[] {
    const { value } = this;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  }

  /** The entries of a list under a key; none when there is no list. */
  list(key: string): Node[] {
    const { value } = this.at(key);
    return Array.isArray(value)
      ? value.map((item: unknown, i) => new Node(item, `${this.path}.${key}[${i}]`))
      : [];
  }

  /** True when something stands under the key, known or not. */
  has(key: string): boolean {
    const inner = this.at(key).raw;
    return inner !== undefined && inner !== null && inner !== "";
  }

  /** Every text below, with its place. @throws NotKnownYet never: unknown texts are handed out as such */
  *leaves(): Generator<Node> {
    if (Array.isArray(this.raw)) {
      for (const [i, item] of this.raw.entries()) yield* new Node(item, `${this.path}[${i}]`).leaves();
    } else if (typeof this.raw === "object" && this.raw !== null) {
      for (const [key, item] of Object.entries(this.raw))
        yield* new Node(item, `${this.path}.${key}`).leaves();
    } else if (typeof this.raw === "string") yield this;
  }
}

/** The plain value behind the SDK's proxies, which throw at the first unknown value that is touched. */
export function unproxied(value: unknown): unknown {
  let current = value;
  // Bounded: the SDK wraps a value at most twice.
  for (let depth = 0; depth < 4; depth += 1) {
    if (typeof current !== "object" || current === null) return current;
    const proxy = current as { __isSpecialProxy?: unknown; __getSpecialProxyTarget?: unknown };
    if (proxy.__isSpecialProxy !== true) return current;
    current = proxy.__getSpecialProxyTarget;
  }
  return current;
}
