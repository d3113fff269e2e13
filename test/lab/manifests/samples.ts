import {
  AccessPolicies,
  AttachedPostgres,
  DatabaseNamespace,
  ImageScan,
  RuntimeRules,
  VeleroBackups,
} from "../../../components/kubernetes/index.js";
import { accessArgs } from "../../kubernetes/access-policies-samples.js";
import { attachedArgs } from "../../kubernetes/attached-postgres-samples.js";
import { closedScanArgs, copiedScanArgs, scanArgs } from "../../kubernetes/image-scan-samples.js";
import { cnpgOf, STEPS } from "../../kubernetes/postgres-cnpg-samples.js";
import { sampleCluster } from "../../kubernetes/postgres-cluster-samples.js";
import { rulesArgs } from "../../kubernetes/runtime-rules-samples.js";
import { readingArgs, veleroArgs } from "../../kubernetes/velero-backups-samples.js";
import { archiveAlone } from "../../kubernetes/wal-archive-samples.js";

/** A component as it may be used, for every checker of manifests. */
export interface Sample {
  /** Of a file: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Makes the component, with whatever it stands beside. */
  readonly program: () => unknown;
  /** Checks that objects ask kube-score to leave out (`kube-score/ignore`), with the reason, for which it has no place. @default none */
  readonly ignored?: Readonly<Record<string, string>>;
  /** Kinds, as `group/version/Kind`, for which there is no schema here, with the reason. @default none */
  readonly withoutSchema?: Readonly<Record<string, string>>;
}

const ELSEWHERE = "the pods that it selects are those of another component, or of nobody here";
const CLOSED = "the namespace is closed before the first pod comes";

/** Every component of Kubernetes, each in the forms that render different objects. A new component adds its own here. */
export const SAMPLES: readonly Sample[] = [
  {
    name: "database-namespace",
    program: () =>
      new DatabaseNamespace("orders", {
        namespace: "orders",
        accounts: ["orders"],
        quota: { cpus: 8, memory: "32 GiB", storage: "500 GiB" },
      }),
    ignored: { "networkpolicy-targets-pod": CLOSED },
  },
  { name: "postgres-cnpg-primary", program: () => cnpgOf("a") },
  { name: "postgres-cnpg-replica", program: () => cnpgOf("b") },
  { name: "postgres-cnpg-demotion", program: () => cnpgOf("a", ...STEPS.demotion) },
  { name: "postgres-cnpg-promotion", program: () => cnpgOf("b", ...STEPS.promotion) },
  {
    name: "access-policies",
    program: () => new AccessPolicies("access", accessArgs({ calico: false })),
    ignored: { "networkpolicy-targets-pod": ELSEWHERE },
  },
  {
    name: "access-policies-calico",
    program: () => new AccessPolicies("access", accessArgs()),
    ignored: { "networkpolicy-targets-pod": ELSEWHERE },
  },
  {
    name: "postgres-cluster",
    program: () => sampleCluster(),
    ignored: {
      "networkpolicy-targets-pod": CLOSED,
      "service-targets-pod": "the label of one pod is given by the StatefulSet's controller",
    },
  },
  {
    name: "attached-postgres",
    program: () => new AttachedPostgres("billing", attachedArgs()),
    ignored: { "networkpolicy-targets-pod": ELSEWHERE },
  },
  { name: "image-scan", program: () => new ImageScan("image-scan", scanArgs()) },
  { name: "image-scan-closed", program: () => new ImageScan("image-scan", closedScanArgs()) },
  { name: "image-scan-copied", program: () => new ImageScan("image-scan", copiedScanArgs()) },
  {
    name: "wal-archive",
    program: () => archiveAlone(),
    ignored: { "networkpolicy-targets-pod": "members are pods of PostgresStatefulSet" },
  },
  { name: "runtime-rules", program: () => new RuntimeRules("database-rules", rulesArgs()) },
  { name: "velero-backups", program: () => new VeleroBackups("backups", veleroArgs()) },
  { name: "velero-backups-reading", program: () => new VeleroBackups("backups", readingArgs()) },
];
