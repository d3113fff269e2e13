import { plainTexts, TYPES } from "../facts.js";
import { resourceRule, type Rule } from "../rule.js";
import * as hba from "../text/hba.js";
import { isAnyAddress } from "../text/networks.js";
import { openingsIn } from "../text/nftables.js";
import * as nwfilter from "../text/nwfilter.js";
import { settingsIn } from "../text/settings.js";

/** Networks, filters and who may connect. */
export const networkRules: readonly Rule[] = [
  resourceRule({
    id: "network-isolated",
    title: "Networks of databases lead nowhere by themselves.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.network],
    why: "nat, route and open connect guests with everything that the hypervisor reaches.",
    fix: 'mode "none", or "bridge" on a segment of one purpose.',
    controls: ["PCI DSS 1.4.1", "ISO 27001 A.8.22"],
    judge: (network, find) => {
      const mode = network.inputs.text("mode") ?? "nat";
      if (mode !== "none" && mode !== "bridge") find(`mode ${mode} forwards`, ".mode");
    },
  }),
  resourceRule({
    id: "filter-drops-the-rest",
    title: "Every filter ends by dropping the rest, of both families.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.command],
    why: "What no rule names is let through; IPv6 is forgotten first.",
    fix: '<rule action="drop" direction="inout" priority="1000"><all/></rule>, and the same with <all-ipv6/>.',
    controls: ["PCI DSS 1.3.1", "ISO 27001 A.8.20"],
    judge: (command, find) => {
      for (const { text, at } of plainTexts(command))
        for (const rules of nwfilter.filtersIn(text))
          for (const family of ["all", "all-ipv6"])
            if (!nwfilter.dropsAll(rules, family, "in") || !nwfilter.dropsAll(rules, family, "out"))
              find(`no final drop of <${family}/> in both directions`, at);
    },
  }),
  resourceRule({
    id: "filter-refuses-spoofing",
    title: "Every filter refuses forged senders.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.command],
    why: "A guest that takes another's address passes by every rule that names addresses.",
    fix: '<filterref filter="no-mac-spoofing"/>, no-arp-spoofing and no-ip-spoofing, or clean-traffic.',
    controls: ["PCI DSS 1.4.3", "ISO 27001 A.8.20"],
    judge: (command, find) => {
      for (const { text, at } of plainTexts(command))
        for (const names of nwfilter.filtersUsedIn(text))
          if (!names.includes("clean-traffic"))
            for (const kind of ["mac", "arp", "ip"])
              if (!names.includes(`no-${kind}-spoofing`)) find(`no-${kind}-spoofing is not used`, at);
    },
  }),
  resourceRule({
    id: "no-open-source",
    title: "Nothing is open to all addresses, or nearly all.",
    severity: "critical",
    level: "mandatory",
    types: [/.*/],
    why: "A database that everybody reaches is guessed, scanned and exploited.",
    fix: "name the networks that really connect, and in listen_addresses the server's own addresses.",
    controls: ["CIS PostgreSQL 5.2", "PCI DSS 1.3.1", "SOC 2 CC6.6"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) {
        if (nwfilter.filterRulesIn(text).some(nwfilter.isFromEverywhere))
          find("a filter accepts every source", at);
        for (const record of hba.hbaRecords(text).filter(hba.accepts))
          if (hba.isFromEverywhere(record))
            find(`pg_hba.conf accepts every address, or nearly (${record.address})`, at);
        for (const problem of openingsIn(text)) find(problem, at);
        if (listened(text).some(isAnyAddress)) find("the server listens on every address", at);
      }
    },
  }),
];

/** Addresses that a server is told to listen on, by itself or by Patroni. */
function listened(text: string): string[] {
  const patroni = settingsIn(text, "listen").flatMap((value) => /^(.*):5432$/.exec(value)?.[1] ?? []);
  return [...settingsIn(text, "listen_addresses"), ...patroni].flatMap((list) =>
    list.split(",").map((address) => address.trim()),
  );
}
