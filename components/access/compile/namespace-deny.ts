import { objectName, type Manifest } from "./kubernetes.js";

/**
 * Order of the last policy of a namespace for Calico: after the policies of networking.k8s.io, which Calico reads as order 1000, so
 * that pods with one of their own keep what it opens.
 */
export const CALICO_LAST_ORDER = 2000;

/** Most rules of a model whose Calico policies all come before those of networking.k8s.io. */
export const MOST_CALICO_RULES = 98;

export interface NamespaceDeny {
  readonly networkPolicy: Manifest;
  readonly calico: Manifest;
}

/** Closes a namespace both ways for whatever no other policy is about. */
export function namespaceDeny(namespace: string, { prefix }: { readonly prefix: string }): NamespaceDeny {
  const metadata = { name: objectName(prefix, "default-deny"), namespace };
  const types = ["Ingress", "Egress"];
  const rest = [{ action: "Deny" }];
  return {
    networkPolicy: {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: { podSelector: {}, policyTypes: types },
    },
    calico: {
      apiVersion: "projectcalico.org/v3",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        tier: "default",
        order: CALICO_LAST_ORDER,
        selector: "all()",
        types,
        ingress: rest,
        egress: rest,
      },
    },
  };
}
