import { DatabaseNamespace, ImageScan, RuntimeRules } from "../../../components/kubernetes/index.js";
import { closedScanArgs, copiedScanArgs, scanArgs } from "../../kubernetes/image-scan-samples.js";
import { rulesArgs } from "../../kubernetes/runtime-rules-samples.js";

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
    ignored: { "networkpolicy-targets-pod": "the namespace is closed before the first pod comes" },
  },
  { name: "image-scan", program: () => new ImageScan("image-scan", scanArgs()) },
  { name: "image-scan-closed", program: () => new ImageScan("image-scan", closedScanArgs()) },
  { name: "image-scan-copied", program: () => new ImageScan("image-scan", copiedScanArgs()) },
  { name: "runtime-rules", program: () => new RuntimeRules("database-rules", rulesArgs()) },
];
