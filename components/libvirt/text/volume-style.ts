import { styleSheet } from "./style-sheet.js";
import { element } from "./xml.js";

export interface VolumeStyle {
  /** Image that the volume overlays. @default none */
  readonly image?: string | undefined;
}

/**
 * Volumes as recovery needs them: qcow2 of compatibility 1.1, since incremental backups keep dirty bitmaps in it, readable
 * by nobody else, and overlaying the guest image without uploading it.
 */
export function volumeStyle({ image }: VolumeStyle = {}): string {
  return styleSheet([
    { match: "/volume/target", append: [element("compat", {}, "1.1")] },
    { match: "/volume/target/permissions/mode", replace: [element("mode", {}, "0600")] },
    ...(image === undefined
      ? []
      : [
          {
            match: "/volume",
            append: [
              element("backingStore", {}, element("path", {}, image), element("format", { type: "qcow2" })),
            ],
          },
        ]),
  ]);
}
