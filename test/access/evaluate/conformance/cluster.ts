import { evaluateNetworkPolicy, type Endpoint, type PodPacket } from "../../../../components/access/index.js";

/*
 * A cluster as the conformance tests of network policies see it: namespaces x, y and z with pods a, b and c, each of which serves ports
 * 80 and 81 over every protocol, under a name. Everybody reaches everybody unless a policy is against it.
 */

const NAMESPACES = ["x", "y", "z"] as const;
const NAMES = ["a", "b", "c"] as const;
const PROTOCOLS = ["tcp", "udp", "sctp"] as const;
export type ServedProtocol = (typeof PROTOCOLS)[number];

/** Labels that pods (`x/a`) and namespaces (`x`) have besides those of their names. */
export type Labels = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is tried from every pod to every other. */
export interface Probe {
  /** @default tcp */
  readonly protocol?: ServedProtocol;
  readonly port: number;
  /** Connections that must not come about, as `from -> to`, where `*` and `x/*` stand for pods. @default none */
  readonly closed?: readonly string[];
  /** Those among them that must. @default none */
  readonly open?: readonly string[];
}

/** Policies, all of them, and what must be seen under them. */
export interface Step {
  readonly policies: readonly object[];
  readonly labels?: Labels;
  readonly probes: readonly Probe[];
}

export interface ConformanceCase {
  /** Title of the test in Kubernetes, test/e2e/network/netpol/network_policy.go, or where else the meaning is written. */
  readonly source: string;
  /** What it means, in our own words. */
  readonly meaning: string;
  readonly steps: readonly Step[];
}

/** Address of a pod. */
export function addressOf(pod: string): string {
  const [namespace = "", name = ""] = pod.split("/");
  return `10.244.${NAMESPACES.indexOf(namespace as "x") + 1}.${NAMES.indexOf(name as "a") + 1}`;
}

/** A network that holds every pod. */
export const CLUSTER = "10.244.0.0/16";

type Rules = readonly object[];

/** A policy whose types are those that have rules, an empty list included. */
export function policy(
  namespace: string,
  podSelector: object,
  { ingress, egress }: { readonly ingress?: Rules; readonly egress?: Rules },
): object {
  const policyTypes = [
    ...(ingress === undefined ? [] : ["Ingress"]),
    ...(egress === undefined ? [] : ["Egress"]),
  ];
  return bare(namespace, { podSelector, policyTypes, ingress, egress });
}

/** A policy as it is written. */
export function bare(namespace: string, spec: object): object {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "policy", namespace },
    spec: JSON.parse(JSON.stringify(spec)) as object,
  };
}

/** All pods that the step has, as endpoints. */
function podsOf(labels: Labels): ReadonlyMap<string, Endpoint> {
  const ports = PROTOCOLS.flatMap((protocol) =>
    [80, 81].map((port) => ({ name: `serve-${port}-${protocol}`, protocol, port })),
  );
  return new Map(
    NAMESPACES.flatMap((namespace) =>
      NAMES.map((name): [string, Endpoint] => {
        const key = `${namespace}/${name}`;
        const pod = {
          ...{ namespace, ports, labels: { pod: name, ...labels[key] } },
          namespaceLabels: labels[namespace] ?? {},
        };
        return [key, { address: addressOf(key), pod }];
      }),
    ),
  );
}

/** A connection of a probe that ended otherwise than it must. */
export type Wrong = `${string} -> ${string}: ${"accept" | "drop"}`;

/** Tries every pair of different pods; a pod's connections to itself are undefined in Kubernetes. */
export function tried({ policies, labels = {} }: Step, probe: Probe): { count: number; wrong: Wrong[] } {
  const { protocol = "tcp", port, closed = [], open = [] } = probe;
  const pods = podsOf(labels);
  const wrong: Wrong[] = [];
  let count = 0;
  for (const [from, source] of pods)
    for (const [to, target] of pods) {
      if (from === to) continue;
      const packet: PodPacket = { from: source, to: target, protocol, port };
      const { verdict } = evaluateNetworkPolicy(policies, packet);
      const fits = (pattern: string): boolean => isMeant(pattern, from, to);
      const mayPass = !closed.some(fits) || open.some(fits);
      count++;
      if ((verdict === "accept") !== mayPass) wrong.push(`${from} -> ${to}: ${verdict}`);
    }
  return { count, wrong };
}

function isMeant(pattern: string, from: string, to: string): boolean {
  const [left = "", right = ""] = pattern.split(" -> ");
  const is = (word: string, pod: string): boolean =>
    word === "*" || word === pod || (word.endsWith("/*") && pod.startsWith(word.slice(0, -1)));
  return is(left, from) && is(right, to);
}
