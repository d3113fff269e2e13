import { TYPES } from "../../facts.js";
import { forEach, resourceRule, type Rule } from "../../rule.js";

const PORT_GROUPS = [TYPES.portGroup, TYPES.hostPortGroup];
const HIGHEST_VLAN = 4094;

/** Port groups. */
export const portGroupRules: readonly Rule[] = [
  resourceRule({
    id: "portgroup-rejects",
    title: "Port groups reject promiscuous mode, forged transmits and changed MAC addresses.",
    severity: "high",
    level: "mandatory",
    types: PORT_GROUPS,
    why: "One broken guest would see and send in the name of its neighbours. Left out, the switch's setting holds, and older ones accept.",
    fix: "allowPromiscuous, allowForgedTransmits and allowMacChanges: false, each written out.",
    controls: [
      "VMware SCG vcenter-8.network-reject-promiscuous-mode-dvportgroup",
      "VMware SCG vcenter-8.network-reject-forged-transmit-dvportgroup",
      "VMware SCG vcenter-8.network-reject-mac-changes-dvportgroup",
      "VMware SCG esxi-8.network-reject-promiscuous-mode-standardswitch",
      "VMware SCG esxi-8.network-reject-forged-transmit-standardswitch",
      "VMware SCG esxi-8.network-reject-mac-changes-standardswitch",
      "PCI DSS 1.4.3",
      "ISO 27001 A.8.20",
    ],
    judge: ({ inputs }, find) => {
      forEach(["allowPromiscuous", "allowForgedTransmits", "allowMacChanges"], (key) => {
        const allowed = inputs.flag(key);
        if (allowed !== false) find(allowed === true ? "is allowed" : "is left to the switch", `.${key}`);
      });
    },
  }),
  resourceRule({
    id: "portgroup-vlan",
    title: "Port groups of databases are one VLAN, never a trunk.",
    severity: "high",
    level: "mandatory",
    types: PORT_GROUPS,
    why: "Without a VLAN the databases share a segment with whatever else is untagged; a trunk hands a guest all of them.",
    fix: "vlanId from 1 to 4094, or a private VLAN.",
    controls: [
      "VMware SCG vcenter-8.network-vgt",
      "VMware SCG esxi-8.network-vgt",
      "PCI DSS 1.4.1",
      "ISO 27001 A.8.22",
    ],
    judge: ({ inputs }, find) => {
      const ranges = inputs.list("vlanRanges");
      if (ranges.length > 0) return find("a trunk of several VLANs", ".vlanRanges");
      if (inputs.has("portPrivateSecondaryVlanId")) return;
      const vlan = inputs.number("vlanId") ?? 0;
      if (vlan === 0) find("no VLAN is set", ".vlanId");
      else if (vlan > HIGHEST_VLAN) find(`VLAN ${vlan} is a trunk into the guest`, ".vlanId");
    },
  }),
  resourceRule({
    id: "portgroup-no-overrides",
    title: "No port of a port group differs from it, or sends copies away.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.portGroup],
    why: "An override of one port is seen by nobody who reads the group, and stays for the next VM there; NetFlow tells a collector who talks to the database.",
    fix: "securityPolicyOverrideAllowed, vlanOverrideAllowed and netflowEnabled not true, portConfigResetAtDisconnect not false.",
    controls: [
      "VMware SCG vcenter-8.network-restrict-port-level-overrides",
      "VMware SCG vcenter-8.network-reset-port",
      "VMware SCG vcenter-8.network-restrict-netflow-usage",
      "ISO 27001 A.8.9",
    ],
    judge: ({ inputs }, find) => {
      for (const key of ["securityPolicyOverrideAllowed", "vlanOverrideAllowed", "netflowEnabled"])
        if (inputs.flag(key) === true) find("is allowed", `.${key}`);
      if (inputs.flag("portConfigResetAtDisconnect") === false)
        find("a port keeps its own settings", ".portConfigResetAtDisconnect");
    },
  }),
];
