import type { Target } from "../../../components/access/index.js";

/*
 * Bugs that a compiler may have, one a kind, planted into what it makes: the matrix must find each. Texts are changed as
 * they are, objects as JSON.
 */

export interface Mutant {
  readonly target: Target;
  readonly bug: string;
  readonly plant: (text: string) => string;
}

const swap = (text: string, a: string, b: string): string =>
  text.replaceAll(a, "\u0000").replaceAll(b, a).replaceAll("\u0000", b);
const withoutLines = (text: string, pattern: RegExp): string =>
  text
    .split("\n")
    .filter((line) => !pattern.test(line))
    .join("\n");
/** Turns runs of lines that match around. */
const reversedLines = (text: string, pattern: RegExp): string => {
  const lines = text.split("\n");
  const turned: string[] = [];
  let run: string[] = [];
  for (const line of lines)
    if (pattern.test(line)) run.unshift(line);
    else {
      turned.push(...run, line);
      run = [];
    }
  return [...turned, ...run].join("\n");
};

/** Refusals behind all other records. */
function denialsLast(text: string): string {
  const lines = text.split("\n");
  const isDenial = (line: string): boolean => line.includes(" reject");
  return [...lines.filter((line) => !isDenial(line)), ...lines.filter(isDenial)].join("\n");
}

export const MUTANTS: readonly Mutant[] = [
  {
    target: "nftables",
    bug: "source and destination swapped",
    plant: (text) => swap(text, "saddr", "daddr"),
  },
  {
    target: "nftables",
    bug: "port off by one",
    plant: (text) => text.replace(/dport \{ (\d+)/g, (_, port: string) => `dport { ${Number(port) + 1}`),
  },
  { target: "nftables", bug: "denials dropped", plant: (text) => withoutLines(text, / drop comment /) },
  { target: "nftables", bug: "order reversed", plant: (text) => reversedLines(text, / comment "/) },
  { target: "nftables", bug: "IPv6 lost", plant: (text) => withoutLines(text, /^ +ip6 /) },
  {
    target: "nftables",
    bug: "no final deny",
    plant: (text) => withoutLines(text, /counter drop/).replaceAll("policy drop", "policy accept"),
  },
  { target: "nftables", bug: "hooks swapped", plant: (text) => swap(text, "hook input", "hook output") },
  { target: "nftables", bug: "prefix too short", plant: (text) => text.replaceAll("/28", "/24") },
  {
    target: "nftables",
    bug: "udp taken for tcp",
    plant: (text) => text.replaceAll("udp dport", "tcp dport"),
  },
  {
    target: "nftables",
    bug: "only the first network of a set",
    plant: (text) => text.replace(/(addr \{ [^,}]+),[^}]*\}/g, "$1 }"),
  },
  {
    target: "nwfilter",
    bug: "directions swapped",
    plant: (text) => swap(text, "direction='in'", "direction='out'"),
  },
  {
    target: "nwfilter",
    bug: "denials accept",
    plant: (text) => text.replace(/action='drop' (direction='(?:in|out)')/g, "action='accept' $1"),
  },
  {
    target: "nwfilter",
    bug: "denials drop the way back",
    plant: (text) => text.replaceAll(" state='NEW'", ""),
  },
  { target: "nwfilter", bug: "wrong side matched", plant: (text) => swap(text, "srcip", "dstip") },
  { target: "nwfilter", bug: "end of a range lost", plant: (text) => text.replace(/ dstportend='\d+'/g, "") },
  {
    target: "nwfilter",
    bug: "priorities reversed",
    plant: (text) =>
      text.replace(/priority='(\d{3})'/g, (_, number: string) => `priority='${1199 - Number(number)}'`),
  },
  {
    target: "nwfilter",
    bug: "IPv6 not denied at the end",
    plant: (text) => withoutLines(text, /priority='1000'><all-ipv6/),
  },
  {
    target: "nsx",
    bug: "source and destination swapped",
    plant: (text) => swap(text, '"source_groups"', '"destination_groups"'),
  },
  {
    target: "nsx",
    bug: "order reversed",
    plant: (text) =>
      text.replace(
        /"sequence_number":(\d{1,4}),/g,
        (_, n: string) => `"sequence_number":${90_000 - Number(n)},`,
      ),
  },
  {
    target: "nsx",
    bug: "IPv6 expression empty",
    plant: (text) => text.replace(/"ip_addresses":\["2001[^\]]*\]/g, '"ip_addresses":[]'),
  },
  { target: "nsx", bug: "DROP written as ALLOW", plant: (text) => text.replaceAll('"DROP"', '"ALLOW"') },
  { target: "nsx", bug: "arriving packets only", plant: (text) => text.replaceAll('"IN_OUT"', '"IN"') },
  {
    target: "calico",
    bug: "rules' denials allow",
    plant: (text) => text.replace(/("action":")Deny("[^}]*"(?:source|destination|protocol)")/g, "$1Allow$2"),
  },
  {
    target: "calico",
    bug: "order reversed",
    plant: (text) =>
      text.replace(
        /"order":(\d+)(?=,"selector":[^}]*?"types":\["(?:In|E)gress"\])/g,
        (_, n: string) => `"order":${71 - Number(n)}`,
      ),
  },
  {
    target: "calico",
    bug: "namespace lost",
    plant: (text) => text.replace(/projectcalico\.org\/namespace == '\w+' && /g, ""),
  },
  {
    target: "calico",
    bug: "egress not held",
    plant: (text) => text.replaceAll('["Ingress","Egress"]', '["Ingress"]'),
  },
  { target: "calico", bug: "end of a range lost", plant: (text) => text.replace(/"(\d+):\d+"/g, "$1") },
  {
    target: "network-policy",
    bug: "exception lost",
    plant: (text) => text.replace(/,"except":\[[^\]]*\]/g, ""),
  },
  {
    target: "network-policy",
    bug: "egress not isolated",
    plant: (text) => text.replaceAll('["Ingress","Egress"]', '["Ingress"]'),
  },
  {
    target: "network-policy",
    bug: "end of a range lost",
    plant: (text) => text.replace(/,"endPort":\d+/g, ""),
  },
  {
    target: "network-policy",
    bug: "namespace and pods as two peers",
    plant: (text) => text.replaceAll('}},"podSelector":', '}}},{"podSelector":'),
  },
  { target: "pg_hba", bug: "TLS not required", plant: (text) => text.replaceAll("hostssl", "host   ") },
  {
    target: "pg_hba",
    bug: "denials after allowances",
    plant: denialsLast,
  },
  { target: "pg_hba", bug: "names without quotes", plant: (text) => text.replaceAll('"', "") },
  {
    target: "pg_hba",
    bug: "certificate not asked for",
    plant: (text) => text.replace(/ clientcert=\S+/g, ""),
  },
  {
    target: "pg_hba",
    bug: "replication not denied by a rule",
    plant: (text) => withoutLines(text, /^host +replication .*reject/),
  },
];
