import { z } from "zod";
import { refuse, text } from "../../declaration/units.js";

/** A reference to an image by version and by content. */
export interface PinnedImage {
  /** As it was given. */
  readonly reference: string;
  /** Registry and path, such as `ghcr.io/aquasecurity/trivy`. */
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string;
}

const REFERENCE =
  /^((?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})@(sha256:[0-9a-f]{64})$/;
const REMEDY = "version and digest, such as postgres:18.6-trixie@sha256:<64 hexadecimal digits>";

/** Tags that say nothing about what is behind them. */
const FLOATING = /^(?:latest|stable|edge|main|master|nightly|canary|dev|lts|current)$/i;

/** An image by version and digest. A tag can be moved to other content; a digest alone tells nobody which version runs. */
export const pinnedImage = text(REMEDY).transform((reference, context): PinnedImage => {
  const [, repository = "", tag = "", digest = ""] = REFERENCE.exec(reference) ?? [];
  if (repository === "") refuse(context, "is not pinned by version and digest", REMEDY);
  else if (FLOATING.test(tag)) refuse(context, `says ${tag}, which is whatever it was last set to`, REMEDY);
  return repository === "" ? z.NEVER : { reference, repository, tag, digest };
});

const SCANNER = "such as ghcr.io/aquasecurity/trivy:0.76.2@sha256:<64 hexadecimal digits>";
/** Published with malicious code in March 2026 (GHSA-69fq-xp46-6x23). */
const MALICIOUS = /^v?0\.69\.[456](?![0-9])/;

/** An image of Trivy that is known not to be malicious. */
export const scannerImage = pinnedImage.superRefine((image, context) => {
  if (!/(?:^|\/)trivy$/.test(image.repository))
    refuse(context, "is no image of Trivy", `an image called trivy, ${SCANNER}`);
  if (MALICIOUS.test(image.tag))
    refuse(context, "was published with malicious code (CVE-2026-33634)", SCANNER);
  else if (!/^v?\d+\.\d+\.\d+/.test(image.tag)) refuse(context, "says no version of Trivy", SCANNER);
});
