import { formatSize, type KubernetesEnvironment } from "../../declaration/index.js";
import type { DatabaseNamespaceArgs } from "../database-namespace.js";
import { POOLER, SIDECAR } from "../postgres-cnpg/objects.js";
import { besideServer } from "../wal-archive/attachment.js";

const GIB = 1024 ** 3;

/** Beside the members: reconciling containers, jobs of backup, verification, scan and drill. */
const BESIDE = { cpus: 4, memory: 16 * GIB, storage: 20 * GIB, pods: 12, claims: 6 } as const;

/** What the namespace of a site may have: one member more than there are, for a pod that ends while its successor starts. */
export function namespaceQuota(
  environment: KubernetesEnvironment,
  members: number,
): DatabaseNamespaceArgs["quota"] {
  const { cluster, sites, drills, kubernetes } = environment;
  const { sizing } = cluster;
  const { data, wal } = sizing.disks;
  const volume = data + wal;
  // A restore drill needs a volume and a server of its own.
  const servers = members + 1 + (drills.restore === undefined ? 0 : 1);
  // What CloudNativePG places: an archiver beside each server, and the pooler. Else `pgbackrest server`, where there is an archive.
  const beside =
    kubernetes.engine === "cnpg"
      ? SIDECAR
      : kubernetes.archive === undefined
        ? { cpus: 0, memory: 0 }
        : besideServer(environment);
  const poolers = kubernetes.cnpg?.pooler?.instances ?? 0;
  const size = (bytes: number): string => formatSize(Math.ceil(bytes / GIB) * GIB);
  return {
    cpus: Math.ceil(servers * (sizing.cpus + beside.cpus) + poolers * POOLER.cpus) + BESIDE.cpus,
    memory: size(servers * (sizing.memory + beside.memory) + poolers * POOLER.memory + BESIDE.memory),
    storage: size(servers * volume + BESIDE.storage),
    // A pooler is replaced one by one.
    pods: servers + BESIDE.pods + (poolers === 0 ? 0 : poolers + 1),
    claims: servers + BESIDE.claims,
    loadBalancers: sites.filter(({ role }) => role !== "witness").length > 1 ? 1 : 0,
  };
}
