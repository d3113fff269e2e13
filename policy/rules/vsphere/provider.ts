import { TYPES } from "../../facts.js";
import { resourceRule, type Rule } from "../../rule.js";

/** How Pulumi reaches vCenter. */
export const vcenterRules: readonly Rule[] = [
  resourceRule({
    id: "vcenter-verified",
    title: "vCenter proves its identity.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.vsphereProvider],
    why: "Whoever answers on an unchecked connection gets the account that may change every VM.",
    fix: "allowUnverifiedSsl left out or false, a certificate that the machine trusts, and vsphereServer in the program.",
    controls: ["PCI DSS 2.2.7", "SOC 2 CC6.7", "ISO 27001 A.8.21"],
    judge: ({ inputs }, find) => {
      if (inputs.flag("allowUnverifiedSsl") === true)
        find("any certificate is accepted", ".allowUnverifiedSsl");
      if (!inputs.has("vsphereServer") && !inputs.has("vcenterServer"))
        find("no server is declared, so the environment decides", ".vsphereServer");
    },
  }),
  resourceRule({
    id: "vcenter-leaves-nothing",
    title: "The connection to vCenter leaves no session and no trace on disk.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.vsphereProvider],
    why: "A session file is a login for whoever reads it, and traces of requests hold passwords.",
    fix: "no persistSession and no clientDebug.",
    controls: ["PCI DSS 8.3.2", "SOC 2 CC6.1", "ISO 27001 A.5.17"],
    judge: ({ inputs }, find) => {
      for (const [key, what] of [
        ["persistSession", "the login stays in a file"],
        ["clientDebug", "requests are written to files"],
      ] as const)
        if (inputs.flag(key) === true) find(what, `.${key}`);
    },
  }),
];
