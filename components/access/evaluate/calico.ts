import { hasPorts, type Endpoint, type Packet } from "../packet.js";
import { addressIn, isV6 } from "./addresses.js";
import { CannotJudge, type Judgement } from "./judgement.js";
import { selectorTest } from "./selector.js";

type Json = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

const SPEC = new Set(
  "tier order selector namespaceSelector serviceAccountSelector types ingress egress".split(" "),
);
const RULE = new Set("action protocol notProtocol ipVersion source destination metadata".split(" "));
const ENTITY = new Set(
  "nets notNets selector notSelector namespaceSelector ports notPorts serviceAccounts".split(" "),
);
const NUMBERS = { tcp: 6, udp: 17, icmp: 1, vrrp: 112 } as const;
const WORDS: Readonly<Record<string, number>> = {
  TCP: 6,
  UDP: 17,
  ICMP: 1,
  ICMPv6: 58,
  SCTP: 132,
  UDPLite: 136,
};

/**
 * What Calico does with a packet at the pods of both sides (projectcalico.org/v3, network policy): policies of the tier by
 * order, then name; within one, rules from top to bottom; Allow, Deny and Pass end the search, Log does not. Where a
 * policy selects the pod and none decides, the tier denies; where none selects it, the pod's profile allows. Staged policies do
 * nothing.
 */
export function evaluateCalico(manifests: readonly unknown[], packet: Packet): Judgement {
  const policies = manifests.map(json).filter(({ kind }) => {
    const name = text(kind);
    if (name.startsWith("Staged")) return false;
    if (name !== "GlobalNetworkPolicy" && name !== "NetworkPolicy")
      throw new CannotJudge(`Calico: the kind ${name} is not known here`);
    return true;
  });
  const sides = [
    { at: packet.from, way: "Egress" },
    { at: packet.to, way: "Ingress" },
  ] as const;
  let last: Judgement = { verdict: "accept", by: "no pod is selected" };
  for (const { at, way } of sides) {
    if (at.pod === undefined) continue;
    const judged = atPod(policies, packet, at, way);
    if (judged.verdict === "drop") return judged;
    last = judged;
  }
  return last;
}

function atPod(
  policies: readonly Json[],
  packet: Packet,
  at: Endpoint,
  way: "Ingress" | "Egress",
): Judgement {
  const selecting = policies
    .filter((policy) => selects(policy, at) && typesOf(specOf(policy)).includes(way))
    .toSorted((a, b) => orderOf(a) - orderOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  for (const policy of selecting)
    for (const rule of list(specOf(policy)[way.toLowerCase()])) {
      if (!fits(rule, packet, policy)) continue;
      const by = nameOf(policy);
      switch (rule["action"]) {
        case "Allow":
          return { verdict: "accept", by };
        case "Deny":
          return { verdict: "drop", by };
        case "Pass":
          // There is no later tier here, and the pod's profile allows.
          return { verdict: "accept", by: `${by} (passed on)` };
        case "Log":
          break;
        default:
          throw new CannotJudge(`Calico: the action ${text(rule["action"])} is not known here`);
      }
    }
  return selecting.length > 0
    ? { verdict: "drop", by: "the end of the tier" }
    : { verdict: "accept", by: "no policy selects the pod" };
}

function selects(policy: Json, { pod }: Endpoint): boolean {
  const spec = specOf(policy);
  if (pod === undefined) return false;
  if (policy["kind"] === "NetworkPolicy" && json(policy["metadata"])["namespace"] !== pod.namespace)
    return false;
  const namespace = spec["namespaceSelector"];
  const account = spec["serviceAccountSelector"];
  if (account !== undefined) throw new CannotJudge("Calico: labels of service accounts are not known here");
  return (
    selectorTest(text(spec["selector"] ?? "all()"))(labelsOf(pod)) &&
    (namespace === undefined || selectorTest(text(namespace))(namespaceLabels(pod.namespace)))
  );
}

function fits(rule: Json, packet: Packet, policy: Json): boolean {
  refuseUnknown(rule, RULE);
  const v6 = isV6(packet.from.address);
  if (rule["ipVersion"] !== undefined && rule["ipVersion"] !== (v6 ? 6 : 4)) return false;
  const number = packet.protocol === "icmp" && v6 ? 58 : NUMBERS[packet.protocol];
  if (rule["protocol"] !== undefined && numberOf(rule["protocol"]) !== number) return false;
  if (rule["notProtocol"] !== undefined && numberOf(rule["notProtocol"]) === number) return false;
  const source = json(rule["source"] ?? {});
  if (source["ports"] !== undefined || source["notPorts"] !== undefined)
    throw new CannotJudge("Calico: source ports are not known here");
  return (
    isEntity(source, packet.from, policy) &&
    isEntity(json(rule["destination"] ?? {}), packet.to, policy) &&
    isPort(json(rule["destination"] ?? {}), packet)
  );
}

function isEntity(entity: Json, endpoint: Endpoint, policy: Json): boolean {
  refuseUnknown(entity, ENTITY);
  const nets = entity["nets"];
  const notNets = entity["notNets"];
  const within = (items: unknown): boolean => texts(items).some((item) => addressIn(endpoint.address, item));
  if (nets !== undefined && !within(nets)) return false;
  if (notNets !== undefined && within(notNets)) return false;
  const { selector, notSelector, namespaceSelector, serviceAccounts } = entity;
  if ([selector, notSelector, namespaceSelector, serviceAccounts].every((each) => each === undefined))
    return true;
  const { pod } = endpoint;
  if (notSelector !== undefined) throw new CannotJudge("Calico: notSelector is not known here");
  if (pod === undefined) return false;
  // Without a namespace selector, a policy of a namespace means its own pods.
  if (
    namespaceSelector === undefined &&
    policy["kind"] === "NetworkPolicy" &&
    json(policy["metadata"])["namespace"] !== pod.namespace
  )
    return false;
  if (
    namespaceSelector !== undefined &&
    !selectorTest(text(namespaceSelector))(namespaceLabels(pod.namespace))
  )
    return false;
  if (selector !== undefined && !selectorTest(text(selector))(labelsOf(pod))) return false;
  if (serviceAccounts === undefined) return true;
  const accounts = json(serviceAccounts);
  if (accounts["selector"] !== undefined)
    throw new CannotJudge("Calico: labels of service accounts are not known here");
  return texts(accounts["names"]).includes(pod.serviceAccount ?? "default");
}

function isPort(entity: Json, { protocol, port }: Packet): boolean {
  const among = (items: unknown): boolean =>
    hasPorts(protocol) &&
    texts(items).some((item) => {
      const [first = "", last = first] = item.split(":");
      if (!/^\d+$/.test(first)) throw new CannotJudge(`Calico: the port ${item} is not known here`);
      return port !== undefined && Number(first) <= port && port <= Number(last);
    });
  if (entity["ports"] !== undefined && !among(entity["ports"])) return false;
  return entity["notPorts"] === undefined || !among(entity["notPorts"]);
}

type Pod = NonNullable<Endpoint["pod"]>;

/** Labels that Calico itself adds to a pod's. */
function labelsOf({ namespace, labels, serviceAccount = "default" }: Pod): Labels {
  return {
    ...labels,
    "projectcalico.org/namespace": namespace,
    "projectcalico.org/serviceaccount": serviceAccount,
    "projectcalico.org/orchestrator": "k8s",
  };
}

function namespaceLabels(namespace: string): Labels {
  return { "projectcalico.org/name": namespace, "kubernetes.io/metadata.name": namespace };
}

function typesOf(spec: Json): string[] {
  if (spec["types"] !== undefined) return texts(spec["types"]);
  const [ingress, egress] = [spec["ingress"] !== undefined, spec["egress"] !== undefined];
  if (!egress) return ["Ingress"];
  return ingress ? ["Ingress", "Egress"] : ["Egress"];
}

function specOf(policy: Json): Json {
  const spec = json(policy["spec"]);
  refuseUnknown(spec, SPEC);
  if (spec["tier"] !== undefined && spec["tier"] !== "default")
    throw new CannotJudge("Calico: tiers other than default are not known here");
  return spec;
}

/** Without an order a policy comes last. */
function orderOf(policy: Json): number {
  const { order } = specOf(policy);
  return typeof order === "number" ? order : Number.POSITIVE_INFINITY;
}

function nameOf(policy: Json): string {
  return text(json(policy["metadata"])["name"]);
}

function numberOf(protocol: unknown): number {
  const number = typeof protocol === "number" ? protocol : WORDS[text(protocol)];
  if (number === undefined) throw new CannotJudge(`Calico: the protocol ${text(protocol)} is not known here`);
  return number;
}

function refuseUnknown(object: Json, known: ReadonlySet<string>): void {
  const odd = Object.keys(object).find((key) => !known.has(key));
  if (odd !== undefined) throw new CannotJudge(`Calico: ${odd} is not known here`);
}

function json(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CannotJudge("Calico: an object is missing");
  return value as Json;
}

function list(value: unknown): Json[] {
  return value === undefined ? [] : (value as unknown[]).map(json);
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new CannotJudge("Calico: a list is missing");
  return value.map(text);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}
