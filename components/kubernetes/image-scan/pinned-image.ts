import { z } from "zod";
import {
  isFloating,
  parseImage,
  PINNED_IMAGE,
  SCANNER_REMEDY,
  scannerFault,
  type ImageReference,
} from "../../declaration/image.js";
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

/** An image of Trivy that is known not to be malicious. */
export const scannerImage = pinnedImage.superRefine((image, context) => {
  const fault = scannerFault(image);
  if (fault !== undefined) refuse(context, fault, SCANNER_REMEDY);
});
