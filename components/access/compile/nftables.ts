import type { Family } from "../network.js";
import type { AccessModel, Rule } from "../model/model.js";
import { callsOf, reportBeside, sideOf, type Call, type Calls, type Side } from "./parts.js";
import { FAMILIES, isEnforced, ownOf, type Place } from "./place.js";
import { Limits, type Compiled } from "./result.js";

type Hook = "input" | "output";

const WORDS = {
  4: { family: "ip", icmp: "icmp" },
  6: { family: "ip6", icmp: "ipv6-icmp" },
} as const;
/** Without these an IPv6 neighbour is never found. */
const NEIGHBOURS =
  "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept";
/** Denials of strangers are logged at most so often that nobody can fill a disk with them. */
const LOG_RATE = "limit rate 10/minute burst 20 packets";

/** Compiles the model into the file nftables.conf of one host: what comes in, what goes out, and nothing else. */
export function compileNftables(model: AccessModel, place: Place): Compiled<string> {
  const limits = new Limits("nftables");
  if (!isEnforced(model, place))
    limits.refuse({ what: `stands at ${place.name}, which no enforced group holds` });
  reportBeside(model, limits, true);
  const chain = (hook: Hook): string[] => [
    `  chain ${hook} {`,
    `    type filter hook ${hook} priority filter; policy drop;`,
    "    ct state established,related accept",
    "    ct state invalid drop",
    `    ${hook === "input" ? "iif" : "oif"} lo accept`,
    `    ${NEIGHBOURS}`,
    ...model.rules.flatMap((rule) => ruleLines(rule, hook, place, limits)),
    ...(model.denial.log ? [`    ${LOG_RATE} log prefix "pgkeep-denied-${hook} " flags all`] : []),
    "    counter drop",
    "  }",
  ];
  const chains = [...chain("input"), ...chain("output")];
  return limits.result(() =>
    [
      "#!/usr/sbin/nft -f",
      "# Generated from the access model; changes here are lost.",
      // Loaded as one transaction: there is no moment without rules. Tables of others are left alone.
      "table inet pgkeep",
      "delete table inet pgkeep",
      "table inet pgkeep {",
      ...chains,
      "}",
      "",
    ].join("\n"),
  );
}

function ruleLines(rule: Rule, hook: Hook, place: Place, limits: Limits): string[] {
  const [near, far] = hook === "input" ? ([rule.to, "from"] as const) : ([rule.from, "to"] as const);
  if (FAMILIES.every((family) => ownOf(place, near, family) === undefined)) return [];
  const remote = sideOf(rule, far, ["networks"], limits);
  const calls = callsOf(rule, ["tcp", "udp", "icmp", "vrrp"], limits);
  if (remote === undefined || calls === undefined) return [];
  const log = rule.log ? ` log prefix "pgkeep-${rule.name} "` : "";
  const verdict = rule.action === "allow" ? "accept" : "drop";
  return FAMILIES.flatMap((family) => {
    const matches = addressMatch(place, near, remote, family, hook);
    if (matches === undefined) return [];
    return callMatches(calls, family).map((call) => {
      const words = [...matches, ...call].join(" ");
      return `    ${words}${log} ${verdict} comment "${rule.name}"`;
    });
  });
}

/** Undefined when the family has no part in the rule. */
function addressMatch(
  place: Place,
  near: Rule["to"],
  remote: "any" | Side,
  family: Family,
  hook: Hook,
): string[] | undefined {
  const own = ownOf(place, near, family);
  if (own === undefined) return undefined;
  const [there, here] = hook === "input" ? ["saddr", "daddr"] : ["daddr", "saddr"];
  const word = WORDS[family].family;
  const matches: string[] = [];
  if (remote !== "any") {
    const networks = remote.networks.filter((each) => each.family === family).map(({ text }) => text);
    if (networks.length === 0) return undefined;
    matches.push(`${word} ${there} { ${networks.join(", ")} }`);
  }
  if (own !== "all") matches.push(`${word} ${here} { ${own.join(", ")} }`);
  return matches.length > 0 ? matches : [`meta nfproto ${family === 4 ? "ipv4" : "ipv6"}`];
}

function callMatches(calls: Calls, family: Family): string[][] {
  if (calls === "any") return [[]];
  return calls.map(({ protocol, ports }: Call) => {
    if (protocol === "icmp") return [`meta l4proto ${WORDS[family].icmp}`];
    if (protocol === "vrrp") return ["meta l4proto vrrp"];
    const words = ports.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
    return [`${protocol} dport { ${words.join(", ")} }`];
  });
}
