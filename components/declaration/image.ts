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

/** True for an image that is named by its content: a tag can be moved. */
export function isPinned({ digest }: ImageReference): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(digest);
}

/** Tags that say nothing about the version behind them. */
const FLOATING =
  /^(?:latest|stable|edge|main|master|nightly|canary|dev|lts|current|bookworm|trixie|alpine\S*)$/i;

/** True for a tag that is whatever it was last set to. */
export function isFloating({ tag }: ImageReference): boolean {
  return FLOATING.test(tag);
}

/** A reference by version and by content: a tag can be moved, a digest alone tells nobody what runs. */
export const PINNED_IMAGE =
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}@sha256:[0-9a-f]{64}$/;

/** Versions of Trivy that were published with malicious code in March 2026 (GHSA-69fq-xp46-6x23). */
const MALICIOUS = /^v?0\.69\.[456](?![0-9])/;

/** What is wrong with an image of Trivy; undefined when nothing is known against it. */
export function scannerFault({ repository, tag }: ImageReference): string | undefined {
  if (!/(?:^|\/)trivy$/.test(repository)) return "is no image of Trivy";
  if (MALICIOUS.test(tag)) return "was published with malicious code (CVE-2026-33634)";
  return /^v?\d+\.\d+\.\d+/.test(tag) ? undefined : "says no version of Trivy";
}

/** What an image of Trivy looks like. */
export const SCANNER_REMEDY = "such as ghcr.io/aquasecurity/trivy:0.76.2@sha256:<64 hexadecimal digits>";
