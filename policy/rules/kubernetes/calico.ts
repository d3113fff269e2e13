import { textOf, type Node } from "../../node.js";
import { forEach, resourceRule, type FindInStack, type Rule } from "../../rule.js";
import { isWorld } from "../../text/networks.js";
import {
  forEachCluster,
  inTurn,
  objectRule,
  objectsRule,
  some,
  type Kind,
  type KubernetesObject,
} from "./object.js";

const POLICIES: readonly Kind[] = [
  "projectcalico.org/NetworkPolicy",
  "projectcalico.org/GlobalNetworkPolicy",
];

/** True for a policy of Calico, of a namespace or of the cluster. */
export function isCalicoPolicy({ kind }: KubernetesObject): boolean {
  return POLICIES.includes(kind);
}

/** The tier of a policy; without a word it is `default`. @throws NotKnownYet */
function tierOf({ spec }: KubernetesObject): string {
  return spec.text("tier") ?? "default";
}

/** True when a policy selects every workload that it can see. @throws NotKnownYet */
export function isCatchAll({ spec }: KubernetesObject): boolean {
  return (
    /^(?:\s*|\s*all\(\)\s*)$/.test(spec.text("selector") ?? "") &&
    /^(?:\s*|\s*all\(\)\s*)$/.test(spec.text("namespaceSelector") ?? "") &&
    !spec.has("serviceAccountSelector")
  );
}

/**
 * True when a policy ends a direction by denying the rest: with a rule of no condition, or with no rules at all, since a
 * selected workload is denied at the end of the tier. @throws NotKnownYet
 */
export function denies(spec: Node, direction: "Ingress" | "Egress"): boolean {
  const typed = some(spec.list("types"), ({ value }) => value === direction);
  if (!typed) return false;
  const rules = spec.list(direction.toLowerCase());
  const stops = rules.filter((rule) => rule.text("action") !== "Log");
  if (stops.length === 0) return true;
  return stops.length === 1 && stops[0]?.text("action") === "Deny" && !isConditional(stops[0]);
}

/** True when a rule is about some packets only. */
function isConditional(rule: Node): boolean {
  return ["protocol", "notProtocol", "ipVersion", "icmp", "notICMP", "http", "source", "destination"].some(
    (key) => rule.has(key),
  );
}

function judgeTier(tier: string, policies: readonly KubernetesObject[], find: FindInStack): void {
  const order = ({ spec }: KubernetesObject): number => {
    const { value } = spec.at("order");
    return typeof value === "number" ? value : Infinity;
  };
  const isFinal = (policy: KubernetesObject): boolean =>
    isCatchAll(policy) && denies(policy.spec, "Ingress") && denies(policy.spec, "Egress");
  const allowing = policies.filter(({ spec }) =>
    [...spec.list("ingress"), ...spec.list("egress")].some((rule) => rule.text("action") === "Allow"),
  );
  const finals = policies.filter((policy) => !allowing.includes(policy) && isFinal(policy));
  if (allowing.length > 0 && finals.length === 0)
    find(`nothing denies the rest in the tier ${tier}`, allowing[0]?.resource);
  for (const final of finals)
    for (const policy of allowing)
      if (order(final) < order(policy) && sameReach(final, policy))
        find(
          `${policy.title} (order ${order(policy)}) allows what ${final.title} (order ${order(final)}) has denied`,
          policy.resource,
        );
}

/** True when the first policy also judges the pods of the second. */
function sameReach(first: KubernetesObject, second: KubernetesObject): boolean {
  return first.kind.endsWith("/GlobalNetworkPolicy") || first.namespace === second.namespace;
}

/** By what a side of a rule is named, beside networks. */
const PEERS = ["selector", "serviceAccounts", "namespaceSelector", "services", "domains"] as const;

/** True for questions to a resolver, which may go to wherever that is. */
function isDns(destination: Node): boolean {
  const ports = destination.list("ports");
  return ports.length > 0 && ports.every(({ shown }) => /^(?:53|5353)$/.test(shown));
}

/** What Calico is told. */
export const calicoRules: readonly Rule[] = [
  resourceRule({
    id: "kubernetes-calico-public-api",
    title: "Calico's policies are written through its public API.",
    severity: "high",
    level: "mandatory",
    types: [/^kubernetes:(?:crd\.)?projectcalico\.org\//],
    why: "crd.projectcalico.org is Calico's own storage: what is written there is neither checked nor given its defaults, so a policy may mean something else, or nothing.",
    fix: "apiVersion: projectcalico.org/v3.",
    controls: ["PCI DSS 1.2.5", "ISO 27001 A.8.20"],
    judge: ({ type }, find) => {
      if (type.startsWith("kubernetes:crd.")) find(`${type.slice("kubernetes:".length)} is internal`);
    },
  }),
  objectRule({
    id: "kubernetes-calico-explicit",
    title: "Calico's policies say their order and their direction.",
    severity: "medium",
    level: "mandatory",
    kinds: POLICIES,
    why: "A policy without order comes last, after the final deny or in the order of names; without types one forgotten rule changes the direction.",
    fix: "spec.order and spec.types.",
    controls: ["PCI DSS 1.2.5", "ISO 27001 A.8.20"],
    judge: ({ spec, partial }, find) => {
      if (partial) return;
      if (typeof spec.at("order").value !== "number") find("no order is given", spec.at("order"));
      if (spec.list("types").length === 0) find("no direction is given", spec.at("types"));
    },
  }),
  objectRule({
    id: "kubernetes-calico-named",
    title: "No policy of Calico allows everybody in, or lets pods out to everywhere.",
    severity: "critical",
    level: "mandatory",
    kinds: POLICIES,
    why: "A database that every pod or every address reaches is guessed, scanned and exploited; what is stolen leaves by the way that backups leave.",
    fix: "source with selector, serviceAccounts or nets of the clients, destination with those of what is called; Pass and Deny need none.",
    controls: ["CIS Kubernetes 5.3.2", "PCI DSS 1.3.1", "SOC 2 CC6.6"],
    judge: ({ spec }, find) => {
      forEach(spec.list("egress"), (rule) => {
        const destination = rule.at("destination");
        const nets = destination.list("nets");
        const named = nets.length > 0 || PEERS.some((key) => destination.has(key));
        const open = named ? nets.some(({ value }) => isWorld(textOf(value))) : !isDns(destination);
        if (open && rule.text("action") === "Allow") find("everything is reachable", destination);
      });
      forEach(spec.list("ingress"), (rule) => {
        if (rule.text("action") !== "Allow") return;
        const source = rule.at("source");
        const named = PEERS.some((key) => source.has(key) && !/^all\(\)$/.test(source.at(key).shown));
        const nets = source.list("nets");
        if (nets.some(({ value }) => isWorld(textOf(value)))) find("everybody is let in", source.at("nets"));
        else if (!named && nets.length === 0) find("everybody is let in", source);
      });
    },
  }),
  objectsRule({
    id: "kubernetes-calico-final-deny",
    title:
      "In each tier of Calico that allows something, the last policy denies the rest, and none denies it before.",
    severity: "high",
    level: "mandatory",
    why: "Pods that no policy selects are open; and what is allowed after everything was denied is not allowed.",
    fix: "one policy with selector all(), types [Ingress, Egress], action Deny and the highest order of its tier.",
    controls: ["CIS Kubernetes 5.3.2", "PCI DSS 1.3.1", "ISO 27001 A.8.20"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) => {
        const tiers = new Map<string, KubernetesObject[]>();
        inTurn(
          () =>
            forEach(objects.filter(isCalicoPolicy), (policy) =>
              tiers.set(tierOf(policy), [...(tiers.get(tierOf(policy)) ?? []), policy]),
            ),
          () => forEach([...tiers], ([tier, members]) => judgeTier(tier, members, find)),
        );
      }),
  }),
];
