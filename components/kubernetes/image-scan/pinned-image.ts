import { z } from "zod";
import { isFloating, parseImage, PINNED_IMAGE, type ImageReference } from "../../declaration/image.js";
import { refuse, text } from "../../declaration/units.js";

/** A reference to an image by version and by content. */
export interface PinnedImage extends ImageReference {
  /** As it was given. */
  readonly reference: string;
}

const REMEDY = "version and digest, such as postgres:18.6-trixie@sha256:<64 hexadecimal digits>";

/** An image by version and digest. */
export const pinnedImage = text(REMEDY).transform((reference, context): PinnedImage => {
  const image = parseImage(reference);
  if (PINNED_IMAGE.test(reference)) {
    if (isFloating(image)) refuse(context, `says ${image.tag}, which is whatever it was last set to`, REMEDY);
    return { ...image, reference };
  }
  refuse(context, "is not pinned by version and digest", REMEDY);
  return z.NEVER;
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
