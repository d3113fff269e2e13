import type { Api } from "./api.js";
import { until } from "./daemon.js";
import {
  FALCO_NAMESPACE,
  NODES_PER_ZONE,
  PRIORITY_CLASS,
  STORAGE_CLASS,
  STORAGE_DRIVER,
  ZONES,
} from "./site.js";

/** What a node offers. */
const CAPACITY = { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "200Gi" };

/** Seconds until all nodes are ready. */
const PATIENCE = 120;

/** What a cluster has before anybody declares anything: nodes in zones, a storage class, a priority class, Falco's namespace. */
export async function furnish(api: Api): Promise<void> {
  await api.create("/apis/storage.k8s.io/v1/csidrivers", {
    metadata: { name: STORAGE_DRIVER },
    // No node attaches anything here.
    spec: { attachRequired: false, podInfoOnMount: false, volumeLifecycleModes: ["Persistent"] },
  });
  await api.create("/apis/storage.k8s.io/v1/storageclasses", {
    metadata: { name: STORAGE_CLASS },
    provisioner: STORAGE_DRIVER,
    reclaimPolicy: "Retain",
    volumeBindingMode: "Immediate",
  });
  await api.create("/apis/scheduling.k8s.io/v1/priorityclasses", {
    metadata: { name: PRIORITY_CLASS },
    value: 1_000_000,
    description: "database pods of the laboratory",
  });
  await api.create("/api/v1/namespaces", { metadata: { name: FALCO_NAMESPACE } });
  for (const zone of ZONES)
    for (let i = 1; i <= NODES_PER_ZONE; i++) {
      const name = `node-${zone}${i}`;
      const labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": `zone-${zone}`,
      };
      await api.create("/api/v1/nodes", {
        metadata: { name, labels },
        status: { capacity: CAPACITY, allocatable: CAPACITY },
      });
    }
  await until("nodes are ready", PATIENCE, async () => {
    const nodes = await api.list("/api/v1/nodes");
    const ready = nodes.filter(({ spec, status }) => {
      const conditions = (status?.["conditions"] ?? []) as { type: string; status: string }[];
      return (
        spec?.["taints"] === undefined &&
        conditions.some((condition) => condition.type === "Ready" && condition.status === "True")
      );
    });
    return ready.length === ZONES.length * NODES_PER_ZONE ? true : undefined;
  });
}
