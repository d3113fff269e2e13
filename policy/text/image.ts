/** A reference to a container image. */
export interface ImageReference {
  /** Registry and path without tag and digest, such as `ghcr.io/aquasecurity/trivy`. */
  readonly repository: string;
  /** Last part of the repository, such as `trivy`. */
  readonly name: string;
  /** "" when there is none. */
  readonly tag: string;
  /** Such as `sha256:…`; "" when there is none. */
  readonly digest: string;
}

/** Reads `[registry[:port]/]path[:tag][@digest]`. */
export function parseImage(reference: string): ImageReference {
  const [named = "", digest = ""] = reference.trim().split("@");
  const last = named.slice(named.lastIndexOf("/") + 1);
  // A colon before the last slash belongs to the port of the registry.
  const colon = last.indexOf(":");
  const tag = colon < 0 ? "" : last.slice(colon + 1);
  const name = colon < 0 ? last : last.slice(0, colon);
  return { repository: named.slice(0, named.length - (last.length - name.length)), name, tag, digest };
}

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
