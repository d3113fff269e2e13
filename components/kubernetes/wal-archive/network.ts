import type * as k8s from "@pulumi/kubernetes";
import { storePlace, type KubernetesEnvironment } from "../../declaration/index.js";
import { archiveOf, PORTS } from "../../postgres/index.js";
import { toResolver } from "../resolver.js";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;
type Labels = Readonly<Record<string, string>>;

/** The store's address, and nothing else outside. */
function toStore(environment: KubernetesEnvironment) {
  const archive = archiveOf(environment);
  return {
    to: archive.networks.map((cidr) => ({ ipBlock: { cidr } })),
    ports: [{ protocol: "TCP", port: storePlace(archive).port }],
  };
}

/** Members send WAL to the store, and hand data files to jobs alone. */
export function membersNetwork(environment: KubernetesEnvironment, members: Labels, jobs: Labels): Spec {
  return {
    podSelector: { matchLabels: members },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      {
        from: [{ podSelector: { matchLabels: jobs } }],
        ports: [{ protocol: "TCP", port: PORTS.pgbackrest }],
      },
    ],
    egress: [toResolver(environment.kubernetes.dns), toStore(environment)],
  };
}

/** Nobody reaches a job; it reaches members, the store and the resolver. */
export function jobsNetwork(environment: KubernetesEnvironment, members: Labels, jobs: Labels): Spec {
  return {
    podSelector: { matchLabels: jobs },
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [
      toResolver(environment.kubernetes.dns),
      {
        to: [{ podSelector: { matchLabels: members } }],
        ports: [{ protocol: "TCP", port: PORTS.pgbackrest }],
      },
      toStore(environment),
    ],
  };
}
