/** Sites of the laboratory, each a cluster of its own. */
export const CLUSTER_SITES = ["a", "b"] as const;
export type ClusterSite = (typeof CLUSTER_SITES)[number];

/** What a cluster has that the declaration must say too. */
export interface ClusterFacts {
  /** Context in its kubeconfig. */
  readonly context: string;
  readonly podNetwork: string;
  readonly serviceNetwork: string;
}

export const CLUSTER_FACTS: Readonly<Record<ClusterSite, ClusterFacts>> = {
  a: { context: "cluster-a", podNetwork: "10.20.0.0/16", serviceNetwork: "10.96.0.0/16" },
  b: { context: "cluster-b", podNetwork: "10.21.0.0/16", serviceNetwork: "10.97.0.0/16" },
};

/** Storage class of the laboratory: bound at once, kept after its claim. */
export const STORAGE_CLASS = "fast-retained";

/** Driver of its volumes. */
export const STORAGE_DRIVER = "volumes.pgkeep.test";

/** Priority class that the declaration may name. */
export const PRIORITY_CLASS = "databases";

/** Namespace of Falco, which is nowhere: what it would load lies there. */
export const FALCO_NAMESPACE = "falco";

/** Annotation by which a load balancer of the laboratory gets its address. */
export const ADDRESS_ANNOTATION = "lab.pgkeep.test/address";

/** Zones of each cluster, and nodes in each of them. */
export const ZONES = ["1", "2"] as const;
export const NODES_PER_ZONE = 2;
