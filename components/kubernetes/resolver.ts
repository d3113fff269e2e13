import type * as k8s from "@pulumi/kubernetes";

/** Pods that resolve names, and on which ports. */
export interface Resolver {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
}

/** The way out to the resolver, as a NetworkPolicy has it. */
export function toResolver({
  namespace,
  labels,
  ports,
}: Resolver): k8s.types.input.networking.v1.NetworkPolicyEgressRule {
  return {
    to: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        podSelector: { matchLabels: labels },
      },
    ],
    ports: ports.flatMap((port) => [
      { protocol: "UDP", port },
      { protocol: "TCP", port },
    ]),
  };
}
