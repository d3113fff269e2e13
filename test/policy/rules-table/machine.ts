import { FILTERS, GRAPHICS_GONE, NO_BALLOON, RESERVED, SECURE, styled, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

export const machineTable: RuleTable = [
  {
    rule: "display-closed",
    violating: [
      [subject("domain", styled(SECURE)), /left out, so a display is added/],
      [
        subject("domain", {
          ...styled(SECURE),
          graphics: { type: "vnc", listenType: "address", listenAddress: "0.0.0.0" },
        }),
        /listens on 0\.0\.0\.0/,
      ],
      [subject("domain", { ...styled(SECURE), graphics: { type: "spice" } }), /listens on 127\.0\.0\.1/],
    ],
  },
  {
    rule: "secure-boot",
    violating: [
      [subject("domain", { kernel: "/boot/vmlinuz" }), /direct kernel boot/],
      [subject("domain", { firmware: undefined }), /no UEFI firmware/],
      [subject("domain", styled(GRAPHICS_GONE)), /not enforced/],
      [subject("domain", { nvram: { file: "/x" } }), /no variable store/],
    ],
  },
  {
    rule: "memory-reserved",
    violating: [
      [subject("domain", styled(NO_BALLOON)), /not reserved/],
      [subject("domain", styled(RESERVED)), /balloon/],
    ],
  },
  {
    rule: "machine-modern",
    violating: [
      [subject("domain", { machine: undefined }), /left to the default/],
      [subject("domain", { machine: "pc-i440fx-7.2" }), /pc-i440fx-7\.2/],
    ],
  },
  {
    rule: "agent-and-entropy",
    violating: [
      [subject("domain", styled('<xsl:template match="/domain/devices/channel"/>')), /removes the channel/],
      [subject("domain", styled('<xsl:template match="/domain/devices/rng[1]" />')), /removes the rng/],
    ],
  },
  {
    rule: "interfaces-filtered",
    violating: [
      [subject("domain", styled(GRAPHICS_GONE)), /0 filters for 3 interfaces/],
      [subject("domain", { networkInterfaces: [{ macvtap: "eth0" }] }), /bypass the filters/],
      [
        subject("domain", {
          networkInterfaces: [1, 2, 3, 4].map(() => ({ networkName: "x" })),
          ...styled(FILTERS),
        }),
        /3 filters for 4/,
      ],
    ],
  },
];
