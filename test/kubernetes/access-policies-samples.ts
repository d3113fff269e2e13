import type { AccessPoliciesArgs } from "../../components/kubernetes/index.js";

/** A database with an application, a pooler, members elsewhere, an object store, monitoring and an operator. */
export function accessArgs(change: Partial<AccessPoliciesArgs> = {}): AccessPoliciesArgs {
  return {
    namespace: "databases",
    cluster: "orders",
    poolers: { labels: { "app.kubernetes.io/name": "pgbouncer", "app.kubernetes.io/instance": "orders" } },
    groups: [
      { name: "shop", pods: [{ namespace: "shop", labels: { app: "checkout" } }] },
      { name: "offices", networks: ["10.60.0.0/16"] },
      { name: "kiosks", networks: ["10.60.7.0/24"] },
    ],
    rules: [
      { name: "shop", from: ["shop"], description: "the shop takes orders" },
      { name: "shop-pooled", from: ["shop"], to: "pooler", description: "the shop's short sessions" },
      { name: "kiosks", from: ["kiosks"], action: "deny", description: "kiosks read through the shop" },
      { name: "offices", from: ["offices"], description: "reports of the offices", log: true },
    ],
    replication: ["10.70.1.0/24"],
    dns: { nodeLocal: ["169.254.20.10"] },
    backup: { networks: ["10.80.0.10/32"] },
    archiver: {
      pods: [
        {
          namespace: "databases",
          labels: { "app.kubernetes.io/name": "wal-archive", "app.kubernetes.io/instance": "orders" },
        },
      ],
    },
    monitoring: { pods: [{ namespace: "monitoring", labels: { app: "prometheus" } }] },
    management: {
      operator: {
        pods: [{ namespace: "cnpg-system", labels: { "app.kubernetes.io/name": "cloudnative-pg" } }],
      },
      apiServer: { networks: ["10.0.0.1/32"] },
    },
    calico: true,
    ...change,
  };
}
