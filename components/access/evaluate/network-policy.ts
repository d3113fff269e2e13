import type { Endpoint, Packet, Protocol } from "../packet.js";
import { addressIn } from "./addresses.js";
import { CannotJudge, type Judgement } from "./judgement.js";

type Json = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

/** A packet of a cluster, where a policy may speak of SCTP as well; the model does not. */
export interface PodPacket extends Omit<Packet, "protocol"> {
  readonly protocol: Protocol | "sctp";
}

/** Protocols that a policy has words for. */
const WORDS: Readonly<Partial<Record<PodPacket["protocol"], string>>> = {
  tcp: "TCP",
  udp: "UDP",
  sctp: "SCTP",
};

/**
 * What a cluster with a network plugin does with a packet (networking.k8s.io/v1, "The two sorts of pod isolation"): a pod is
 * isolated in a direction as soon as one policy of its namespace selects it for that; then what any of them allows passes, and
 * nothing else. Order means nothing.
 */
export function evaluateNetworkPolicy(manifests: readonly unknown[], packet: PodPacket): Judgement {
  const policies = manifests.map(json).map((policy) => {
    if (policy["kind"] !== "NetworkPolicy" || policy["apiVersion"] !== "networking.k8s.io/v1")
      throw new CannotJudge(`NetworkPolicy: the kind ${text(policy["kind"])} is not known here`);
    return policy;
  });
  const egress = atPod(policies, packet, packet.from, "Egress");
  if (egress?.verdict === "drop") return egress;
  return (
    atPod(policies, packet, packet.to, "Ingress") ?? egress ?? { verdict: "accept", by: "no pod is isolated" }
  );
}

function atPod(
  policies: readonly Json[],
  packet: PodPacket,
  { pod }: Endpoint,
  way: "Ingress" | "Egress",
): Judgement | undefined {
  if (pod === undefined) return undefined;
  const isolating = policies.filter((policy) => {
    const spec = json(policy["spec"]);
    return (
      json(policy["metadata"])["namespace"] === pod.namespace &&
      typesOf(spec).includes(way) &&
      isSelected(json(spec["podSelector"]), pod.labels)
    );
  });
  if (isolating.length === 0) return { verdict: "accept", by: "no policy selects the pod" };
  const [far, word] = way === "Ingress" ? [packet.from, "from"] : [packet.to, "to"];
  const opening = isolating.find((policy) =>
    list(json(policy["spec"])[way.toLowerCase()]).some(
      (rule) => isPeer(rule[word], far, pod.namespace) && isPort(rule["ports"], packet),
    ),
  );
  return opening === undefined
    ? { verdict: "drop", by: "isolation" }
    : { verdict: "accept", by: text(json(opening["metadata"])["name"]) };
}

/** An absent or empty list means everybody. */
function isPeer(peers: unknown, far: Endpoint, namespace: string): boolean {
  const all = list(peers);
  return all.length === 0 || all.some((peer) => isOne(peer, far, namespace));
}

function isOne(peer: Json, { address, pod }: Endpoint, namespace: string): boolean {
  const block = peer["ipBlock"];
  if (block !== undefined) {
    const { cidr, except } = json(block);
    return (
      addressIn(address, text(cidr)) &&
      !(Array.isArray(except) && except.some((item) => addressIn(address, text(item))))
    );
  }
  if (pod === undefined) return false;
  const { namespaceSelector, podSelector } = peer;
  if (namespaceSelector === undefined && podSelector === undefined)
    throw new CannotJudge("NetworkPolicy: a peer says nothing");
  const home =
    namespaceSelector === undefined
      ? pod.namespace === namespace
      : isSelected(json(namespaceSelector), {
          ...pod.namespaceLabels,
          "kubernetes.io/metadata.name": pod.namespace,
        });
  return home && (podSelector === undefined || isSelected(json(podSelector), pod.labels));
}

/** The port of the called side, by number, range or the name that the called pod's container gives it. */
function isPort(ports: unknown, { protocol, port, to }: PodPacket): boolean {
  const all = list(ports);
  if (all.length === 0) return true;
  return all.some(({ protocol: word = "TCP", port: first, endPort }) => {
    if (word !== WORDS[protocol]) return false;
    if (first === undefined) return true;
    if (typeof first === "string")
      return (
        to.pod?.ports?.some(
          (each) => each.name === first && each.protocol === protocol && each.port === port,
        ) === true
      );
    if (typeof first !== "number") throw new CannotJudge("NetworkPolicy: a port is neither number nor name");
    const last = typeof endPort === "number" ? endPort : first;
    return port !== undefined && first <= port && port <= last;
  });
}

/** An empty selector means all. */
function isSelected(selector: Json, labels: Labels): boolean {
  const odd = Object.keys(selector).find((key) => !["matchLabels", "matchExpressions"].includes(key));
  if (odd !== undefined) throw new CannotJudge(`NetworkPolicy: ${odd} in a selector is not known here`);
  return (
    Object.entries(json(selector["matchLabels"] ?? {})).every(([key, value]) => labels[key] === value) &&
    list(selector["matchExpressions"]).every((expression) => isExpression(expression, labels))
  );
}

function isExpression({ key, operator, values }: Json, labels: Labels): boolean {
  const label = labels[text(key)];
  const among = Array.isArray(values) && label !== undefined && values.includes(label);
  switch (operator) {
    case "In":
      return among;
    case "NotIn":
      return !among;
    case "Exists":
      return label !== undefined;
    case "DoesNotExist":
      return label === undefined;
    default:
      throw new CannotJudge(`NetworkPolicy: the operator ${text(operator)} is not known here`);
  }
}

/** Without types: ingress always, egress where there are rules for it. */
function typesOf(spec: Json): string[] {
  const types = spec["policyTypes"];
  if (Array.isArray(types)) return types.map(text);
  return list(spec["egress"]).length === 0 ? ["Ingress"] : ["Ingress", "Egress"];
}

function json(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CannotJudge("NetworkPolicy: an object is missing");
  return value as Json;
}

function list(value: unknown): Json[] {
  return value === undefined ? [] : (value as unknown[]).map(json);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}
