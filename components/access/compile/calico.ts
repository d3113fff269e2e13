import type { AccessModel, Group, Rule } from "../model/model.js";
import { FAMILIES } from "./place.js";
import { callsOf, reportBeside, sideOf, unionOf, type Calls, type Kind, type Side } from "./parts.js";
import { objectName, reportOutside, type Manifest } from "./kubernetes.js";
import { Limits, type Compiled } from "./result.js";

type CalicoRule = Readonly<Record<string, unknown>>;

const KNOWN: readonly Kind[] = ["networks", "pods", "serviceAccounts"];
const OWN: readonly Kind[] = ["pods", "serviceAccounts"];
/** Orders of policies are this far apart, so that one can be put between by hand in an emergency. */
const STEP = 10;

/**
 * Compiles the model into Calico's GlobalNetworkPolicies, one a rule in the order of the rules, and a last one that denies. A
 * packet that a policy says nothing about goes on to the next, so the order of the model is kept across groups.
 */
export function compileCalico(
  model: AccessModel,
  { prefix }: { readonly prefix: string },
): Compiled<readonly Manifest[]> {
  const limits = new Limits("calico");
  reportBeside(model, limits, true);
  reportOutside(model, limits);
  const enforced = model.groups.filter((group) => group.enforced);
  const here = unionOf(enforced, OWN);
  if (here.pods.length + here.serviceAccounts.length === 0)
    limits.refuse({ what: "needs an enforced group of pods" });
  const width = String(model.rules.length).length;
  const policies = model.rules.flatMap((rule, i) =>
    rulePolicies(rule, enforced, limits).map((spec): Manifest => {
      const direction = spec["ingress"] === undefined ? "egress" : "ingress";
      const number = String(i + 1).padStart(width, "0");
      return policy(objectName(prefix, number, rule.name, direction), (i + 1) * STEP, spec);
    }),
  );
  const last = [...(model.denial.log ? [{ action: "Log" }] : []), { action: "Deny" }];
  return limits.result(() => [
    ...policies,
    policy(objectName(prefix, "final-deny"), (model.rules.length + 1) * STEP, {
      selector: selectorOf(here),
      types: ["Ingress", "Egress"],
      ingress: last,
      egress: last,
    }),
  ]);
}

function mayStandAt({ pods, serviceAccounts }: Group): boolean {
  return pods.length + serviceAccounts.length > 0;
}

function policy(name: string, order: number, spec: CalicoRule): Manifest {
  return {
    apiVersion: "projectcalico.org/v3",
    kind: "GlobalNetworkPolicy",
    metadata: { name },
    spec: { tier: "default", order, ...spec },
  };
}

/** What arrives at the called pods, and what leaves the calling ones. */
function rulePolicies(rule: Rule, enforced: readonly Group[], limits: Limits): CalicoRule[] {
  const from = sideOf(rule, "from", KNOWN, limits, mayStandAt);
  const to = sideOf(rule, "to", KNOWN, limits, mayStandAt);
  const calls = callsOf(rule, ["tcp", "udp", "icmp", "vrrp"], limits);
  if (from === undefined || to === undefined || calls === undefined) return [];
  const arriving = own(rule.to, enforced);
  const leaving = own(rule.from, enforced);
  return [
    ...(arriving === undefined
      ? []
      : [{ selector: arriving, types: ["Ingress"], ingress: rulesOf(rule, from, calls, "source") }]),
    ...(leaving === undefined
      ? []
      : [{ selector: leaving, types: ["Egress"], egress: rulesOf(rule, to, calls, "destination") }]),
  ];
}

/** Pods at which the rule is held: those it names that are enforced. */
function own(groups: Rule["to"], enforced: readonly Group[]): string | undefined {
  const all = unionOf(enforced, OWN);
  const held = selectorOf(all);
  if (groups === "any") return held;
  const named = unionOf(groups, OWN);
  if (named.pods.length + named.serviceAccounts.length === 0) return undefined;
  return groups.every((group) => group.enforced) ? selectorOf(named) : `(${held}) && (${selectorOf(named)})`;
}

function rulesOf(
  rule: Rule,
  peers: "any" | Side,
  calls: Calls,
  side: "source" | "destination",
): CalicoRule[] {
  const action = rule.action === "allow" ? "Allow" : "Deny";
  const peerMatches = peersOf(peers);
  const actions = rule.log ? ["Log", action] : [action];
  return (calls === "any" ? [undefined] : calls).flatMap((call) =>
    peerMatches.flatMap((peer) =>
      protocolsOf(call, peer.version).flatMap((protocol) =>
        actions.map((each): CalicoRule => {
          const ports =
            call?.ports.map(({ first, last }) => (first === last ? first : `${first}:${last}`)) ?? [];
          const destination = {
            ...(side === "destination" ? peer.match : {}),
            ...(ports.length === 0 ? {} : { ports }),
          };
          return {
            action: each,
            ...(protocol === undefined ? {} : { protocol }),
            ...(side === "source" && Object.keys(peer.match).length > 0 ? { source: peer.match } : {}),
            ...(Object.keys(destination).length > 0 ? { destination } : {}),
          };
        }),
      ),
    ),
  );
}

/** One rule may not mix families, nor say addresses or labels. */
function peersOf(peers: "any" | Side): { match: CalicoRule; version?: 4 | 6 }[] {
  if (peers === "any") return [{ match: {} }];
  const matches: { match: CalicoRule; version?: 4 | 6 }[] = FAMILIES.flatMap((version) => {
    const nets = peers.networks.filter(({ family }) => family === version).map(({ text }) => text);
    return nets.length === 0 ? [] : [{ match: { nets }, version }];
  });
  if (peers.pods.length + peers.serviceAccounts.length > 0)
    matches.push({ match: { selector: selectorOf(peers) } });
  return matches;
}

function protocolsOf(
  call: Exclude<Calls, "any">[number] | undefined,
  version?: 4 | 6,
): (string | number | undefined)[] {
  switch (call?.protocol) {
    case undefined:
      return [undefined];
    case "tcp":
      return ["TCP"];
    case "udp":
      return ["UDP"];
    case "vrrp":
      return [112];
    case "icmp":
      return version === undefined ? ["ICMP", "ICMPv6"] : [version === 4 ? "ICMP" : "ICMPv6"];
  }
}

/** Calico's own labels of a pod name its namespace and its account, so one selector says all of it. */
function selectorOf({ pods, serviceAccounts }: Pick<Side, "pods" | "serviceAccounts">): string {
  const quoted = (key: string, value: string): string => `${key} == '${value}'`;
  const choices = [
    ...pods.map(({ namespace, labels }) =>
      [
        quoted("projectcalico.org/namespace", namespace),
        ...Object.entries(labels)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => quoted(key, value)),
      ].join(" && "),
    ),
    ...serviceAccounts.map(({ namespace, name }) =>
      [
        quoted("projectcalico.org/namespace", namespace),
        quoted("projectcalico.org/serviceaccount", name),
      ].join(" && "),
    ),
  ];
  return choices.length === 1 ? (choices[0] ?? "") : choices.map((choice) => `(${choice})`).join(" || ");
}
