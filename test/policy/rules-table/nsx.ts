import type { Subject } from "../../../policy/index.js";
import { subject } from "../fixtures.js";
import { COMPLIANT_VSPHERE } from "../fixtures-vsphere.js";
import type { RuleTable } from "./table.js";

const firewall = (change: Record<string, unknown>): Subject => subject("nsxFirewall", change);
/** The dynamic resource that the component makes, as the engine sees it. */
const intent = (change: Record<string, unknown>): Subject => ({
  ...subject("nsxFirewall", {
    firewall: { ...COMPLIANT_VSPHERE.nsxFirewall(), ...change },
    owner: "p/s/orders",
  }),
  type: "pulumi-nodejs:dynamic/nsx:FirewallIntent",
});
const rule = (change: Record<string, unknown>): Record<string, unknown> => ({
  id: "app",
  sources: ["applications"],
  destinations: ["databases"],
  services: ["postgres"],
  ...change,
});

export const nsxTable: RuleTable = [
  {
    rule: "nsx-sources-named",
    violating: [
      [
        firewall({ rules: [rule({ sources: ["anywhere"] })] }),
        /\.rules\[0\]\.sources\[0\]: anywhere takes in every/,
      ],
      [firewall({ rules: [rule({ sources: ["ANY"] })] }), /ANY takes in every/],
      [intent({ rules: [rule({ sources: ["anywhere"], direction: "IN" })] }), /\.firewall\.rules\[0\]/],
    ],
    compliant: [intent({}), firewall({ rules: [rule({ sources: ["anywhere"], direction: "OUT" })] })],
  },
  {
    rule: "nsx-services-narrow",
    violating: [
      [firewall({ rules: [rule({ services: ["ANY"] })] }), /ANY opens every port/],
      [
        firewall({ services: [{ id: "postgres", entries: [{ id: "tcp", ports: ["1024-65535"] }] }] }),
        /1024-65535 is 64512 ports/,
      ],
      [intent({ rules: [rule({ services: ["any"] })] }), /opens every port/],
    ],
    compliant: [firewall({ services: [{ id: "x", entries: [{ id: "tcp", ports: ["8000-8010"] }] }] })],
  },
  {
    rule: "nsx-denies-both-ways",
    violating: [
      [firewall({ deny: { direction: "IN" } }), /\.deny\.direction: the final rule is for IN only/],
      [intent({ deny: { direction: "IN" } }), /\.firewall\.deny\.direction/],
    ],
    compliant: [firewall({ deny: undefined })],
  },
  {
    rule: "nsx-isolates-targets",
    violating: [
      [firewall({ isolate: ["others"] }), /\.rules\[0\]\.destinations\[0\]: databases is not isolated/],
      [intent({ isolate: [] }), /\.firewall\.rules\[0\].*databases is not isolated/],
    ],
    compliant: [
      intent({}),
      // Addresses at another site are isolated by that site's firewall.
      firewall({ rules: [rule({ destinations: ["applications"] })] }),
    ],
  },
];
