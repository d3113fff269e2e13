import { createHash } from "node:crypto";

/** A value that JSON can carry; undefined members of an object are left out. */
export type Json =
  string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * One text for one value: keys sorted by code unit, no white space, no undefined. Numbers as JSON writes them, so only
 * finite ones.
 *
 * @throws RangeError for a number that JSON cannot carry
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as JSON`);
    return JSON.stringify(value);
  }
  if (isList(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value === undefined) return "null";
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** SHA-256 in lower-case hexadecimal. */
export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
