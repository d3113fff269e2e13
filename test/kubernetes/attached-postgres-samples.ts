import type { AttachedPostgresArgs } from "../../components/kubernetes/index.js";
import { accessArgs } from "./access-policies-samples.js";
import { scanArgs } from "./image-scan-samples.js";
import { rulesArgs } from "./runtime-rules-samples.js";
import { veleroArgs } from "./velero-backups-samples.js";

const {
  namespace: _n,
  cluster: _c,
  labels: _l,
  ...access
} = accessArgs({ calico: false, management: "none" });
const { databases: _, ...backup } = veleroArgs();

/** A database that somebody has made by a chart, with everything that can be added to it. */
export function attachedArgs(change: Partial<AttachedPostgresArgs> = {}): AttachedPostgresArgs {
  return {
    namespace: "billing",
    labels: { "app.kubernetes.io/name": "postgresql", "app.kubernetes.io/instance": "billing" },
    backup: {
      ...backup,
      volumes: ["data"],
      checkpoint: { container: "postgresql", command: ["psql", "-U", "backup", "-c", "CHECKPOINT"] },
    },
    access,
    scan: scanArgs({ namespace: "image-scans" }),
    detection: rulesArgs(),
    drill: { rto: "4 h", rpo: "24 h", context: "billing" },
    ...change,
  };
}
