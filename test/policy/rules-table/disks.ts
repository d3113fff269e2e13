import type { Subject } from "../../../policy/index.js";
import { append, styled, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const volume = (compat: string, mode: string): Record<string, unknown> =>
  styled(
    append("/volume/target", compat),
    `<xsl:template match="/volume/target/permissions/mode">${mode}</xsl:template>`,
  );
const disks = (...list: Record<string, unknown>[]): Subject => subject("domain", { disks: list });
const v = (id: string): Record<string, unknown> => ({ volumeId: id });

export const disksTable: RuleTable = [
  {
    rule: "volume-private",
    violating: [
      [subject("volume", volume("<compat>1.1</compat>", "<mode>0644</mode>")), /mode 644 lets others in/],
      [subject("volume", { xml: undefined }), /no mode is set/],
    ],
  },
  {
    rule: "volume-keeps-bitmaps",
    violating: [
      [subject("volume", { format: "raw" }), /format raw keeps no bitmaps/],
      [
        subject("volume", volume("<compat>0.10</compat>", "<mode>0600</mode>")),
        /compatibility 1.1 is not set/,
      ],
    ],
  },
  {
    rule: "volume-encrypted",
    violating: [[subject("volume", volume("<compat>1.1</compat>", "<mode>0600</mode>")), /no encryption/]],
  },
  {
    rule: "disks-separate",
    violating: [
      [disks(v("/pool/all")), /1 disk for system, data and WAL/],
      [disks(v("/a"), v("/b"), v("/b")), /attached twice/],
      [subject("domain", { disks: undefined }), /0 disks/],
    ],
  },
  {
    rule: "disks-in-snapshots",
    violating: [
      [disks(v("/a"), v("/b"), { blockDevice: "/dev/sdb" }), /\.disks\[2\]\.blockDevice: a blockDevice/],
      [disks(v("/a"), v("/b"), { url: "http://x/y.iso" }), /a url cannot/],
      [disks(v("/a"), v("/b"), { file: "/pool/data.raw" }), /raw file/],
      [subject("domain", styled("<shareable/>")), /two writers/],
      [
        subject("domain", styled('<disk type="file" device="disk" snapshot="no"/>')),
        /excluded from snapshots/,
      ],
      [subject("domain", styled('<driver name="qemu" type="raw"/>')), /raw disk/],
      [subject("domain", styled("<transient shareBacking='yes'/>")), /transient/],
    ],
  },
  {
    rule: "disk-cache-honest",
    violating: [[subject("domain", styled("<driver name='qemu' cache='unsafe'/>")), /unsafe/]],
  },
  {
    rule: "data-protected",
    violating: [
      [subject("domain", {}, { protect: false }), /protect is not set/],
      [subject("volume", {}, { protect: false }), /protect is not set/],
      [subject("vm", {}, { protect: false }), /protect is not set/],
      [subject("virtualDisk", {}, { protect: false }), /protect is not set/],
    ],
  },
];
