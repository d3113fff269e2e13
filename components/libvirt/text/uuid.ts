import { createHash } from "node:crypto";

/**
 * A UUID made from a name (version 8, RFC 9562): the same name gives the same UUID everywhere. libvirt then takes a second
 * definition as a change of the first one instead of refusing it.
 */
export function stableUuid(...names: readonly string[]): string {
  const digest = createHash("sha256")
    .update(["pgkeep", ...names].join("\0"))
    .digest("hex");
  const variant = "89ab"[Number.parseInt(digest.charAt(16), 16) % 4] ?? "8";
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}
