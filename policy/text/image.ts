import type { ImageReference } from "../../components/declaration/index.js";

/** Numbers of a version at the beginning of a tag, such as [17, 11] of `17.11-trixie`; empty when it begins with no number. */
export function versionOf({ tag }: ImageReference): readonly number[] {
  const [digits] = /^v?(\d+(?:\.\d+)*)/.exec(tag)?.slice(1) ?? [];
  return digits === undefined ? [] : digits.split(".").map(Number);
}

/** True when version `a` is older than `b`; what is not said counts as 0. */
export function isOlder(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1)
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0);
  return false;
}
