import { meet, type Network } from "../network.js";
import type { AccessModel, Group, Rule } from "../model/model.js";
import { common, objectName, podsKey, reportOutside, type Manifest, type Pods } from "./kubernetes.js";
import { callsOf, reportBeside, sideOf, unionOf, type Calls, type Side } from "./parts.js";
import { deniedBefore, type Carved } from "./carve.js";
import { Limits, type Compiled } from "./result.js";

type Peer = Readonly<Record<string, unknown>>;

/** What is open at the pods of one selector. */
interface Openings {
  readonly pods: Pods;
  readonly ingress: Peer[];
  readonly egress: Peer[];
}

/**
 * Compiles the model into NetworkPolicies (networking.k8s.io/v1), one for each set of pods that rules are about, all of them
 * denying what they do not open. They know no denial: one is carved out of the networks that a later rule allows, or refused.
 */
export function compileNetworkPolicy(
  model: AccessModel,
  { prefix }: { readonly prefix: string },
): Compiled<readonly Manifest[]> {
  const limits = new Limits("network-policy");
  reportBeside(model, limits, false);
  reportOutside(model, limits);
  const enforced = model.groups.filter((group) => group.enforced);
  for (const group of enforced)
    if (group.serviceAccounts.length > 0)
      limits.report({
        group: group.name,
        what: "does not know Kubernetes service accounts, so it does not stand there",
        effect: "elsewhere",
      });
  const here = unionOf(enforced, ["pods"]).pods;
  if (here.length === 0) limits.refuse({ what: "needs an enforced group of pods" });
  const all = new Map<string, Openings>(
    here.map((pods) => [podsKey(pods), { pods, ingress: [], egress: [] }]),
  );
  const at = (groups: Rule["to"]): Openings[] => {
    const named = groups === "any" ? here : held(groups, here);
    return named.map((pods) => {
      const known = all.get(podsKey(pods)) ?? { pods, ingress: [], egress: [] };
      all.set(podsKey(pods), known);
      return known;
    });
  };
  model.rules.forEach((rule, i) => {
    const from = sideOf(rule, "from", ["networks", "pods"], limits, mayStandAt);
    const to = sideOf(rule, "to", ["networks", "pods"], limits, mayStandAt);
    const calls = callsOf(rule, ["tcp", "udp"], limits);
    if (rule.action === "deny" || from === undefined || to === undefined || calls === undefined) return;
    const carved = deniedBefore(model.rules, i, limits);
    const arriving = peersOf(from, carved, "from");
    const leaving = peersOf(to, carved, "to");
    if (arriving !== undefined)
      for (const { ingress } of at(rule.to)) ingress.push({ ...arriving, ...portsOf(calls) });
    if (leaving !== undefined)
      for (const { egress } of at(rule.from)) egress.push({ ...leaving, ...portsOf(calls) });
  });
  return limits.result(() => [...all.values()].map((openings, i) => manifest(prefix, openings, i + 1)));
}

/** Pods that are meant by their account may carry the labels of others. */
function mayStandAt({ pods, serviceAccounts }: Group): boolean {
  return pods.length + serviceAccounts.length > 0;
}

function manifest(prefix: string, { pods, ingress, egress }: Openings, number: number): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: objectName(prefix, String(number)), namespace: pods.namespace },
    spec: { podSelector: labels(pods), policyTypes: ["Ingress", "Egress"], ingress, egress },
  };
}

/** Enforced pods among those that groups name. */
function held(groups: readonly Group[], here: readonly Pods[]): Pods[] {
  const found = new Map<string, Pods>();
  for (const named of unionOf(groups, ["pods"]).pods)
    for (const place of here) {
      const both = common(named, place);
      if (both !== undefined) found.set(podsKey(both), both);
    }
  return [...found.values()];
}

/** Undefined when denials have left nothing. */
function peersOf(side: "any" | Side, carved: Carved, word: "from" | "to"): Peer | undefined {
  if (side === "any") return {};
  const blocks = side.networks.flatMap((network) => blockOf(network, carved[word]) ?? []);
  const pods = side.pods.map((each) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": each.namespace } },
    podSelector: labels(each),
  }));
  return blocks.length + pods.length === 0 ? undefined : { [word]: [...blocks, ...pods] };
}

function blockOf(network: Network, denied: readonly Network[]): Peer | undefined {
  const inside = denied.filter((each) => meet(each, network));
  if (inside.some(({ first, last }) => first <= network.first && network.last <= last)) return undefined;
  const except = inside.map(({ text }) => text);
  return { ipBlock: { cidr: network.text, ...(except.length === 0 ? {} : { except }) } };
}

function portsOf(calls: Calls): Peer {
  if (calls === "any") return {};
  const ports = calls.flatMap(({ protocol, ports: ranges }) =>
    ranges.map(({ first, last }) => ({
      protocol: protocol.toUpperCase(),
      port: first,
      ...(first === last ? {} : { endPort: last }),
    })),
  );
  return { ports };
}

function labels(pods: Pods): Peer {
  const sorted = Object.entries(pods.labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? {} : { matchLabels: Object.fromEntries(sorted) };
}
