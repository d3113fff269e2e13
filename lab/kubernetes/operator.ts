import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { COMPARED } from "../../operations/jobs/velero/compare.js";
import { checkoutRoot } from "../places.js";
import { run, type Outcome } from "../subprocess.js";
import type { Api } from "./api.js";
import type { ControlPlane } from "./control-plane.js";
import { CLUSTER_SITES, type ClusterSite } from "./site.js";
import { VELERO_NAMESPACE } from "./velero.js";

/** Name by which the clusters know the operator; that of the certificate. */
const USER = "lab-operator";
/** Name of what grants the rights. */
const GRANT = "pgkeep-velero";

/** Who works with `pgkeep velero` on both clusters, with the rights that docs/kubernetes-backup.md names and no others. */
export class Operator {
  private readonly plan: string;

  private constructor(
    private readonly dir: string,
    private readonly kubectl: string,
    private readonly planes: Readonly<Record<ClusterSite, ControlPlane>>,
  ) {
    this.plan = join(dir, "plan.json");
  }

  static async start(
    dir: string,
    kubectl: string,
    planes: Readonly<Record<ClusterSite, ControlPlane>>,
  ): Promise<Operator> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const site of CLUSTER_SITES) await grant(planes[site].api);
    return new Operator(dir, kubectl, planes);
  }

  /** @param plan recovery plan, as the stack gives it */
  keepPlan(plan: string): void {
    writeFileSync(this.plan, plan, { mode: 0o600 });
  }

  /** `pgkeep velero …`; what it prints is JSON. */
  velero(...args: readonly string[]): Promise<Outcome> {
    const watched =
      args[0] === "status" ? [] : ["--every", "1", "--evidence", join(this.dir, "evidence.jsonl")];
    const reach = CLUSTER_SITES.flatMap((site) => {
      return ["--kubeconfig", `${site}=${this.planes[site].credentials.kubeconfigs.operator.path}`];
    });
    const program = join(checkoutRoot(), "dist", "operations", "cli.js");
    const argv = [program, "--plan", this.plan, "--json", "velero", ...args, ...watched, ...reach];
    return run(process.execPath, argv, {
      env: { PATH: `${dirname(this.kubectl)}:${process.env["PATH"]}`, HOME: this.dir },
    });
  }
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Within Velero's namespace. */
const VELERO_RULES: readonly Rule[] = [
  {
    apiGroups: ["velero.io"],
    resources: ["backupstoragelocations", "schedules", "backups", "restores"],
    verbs: ["get", "list"],
  },
  { apiGroups: ["velero.io"], resources: ["backups"], verbs: ["create"] },
  { apiGroups: ["velero.io"], resources: ["restores"], verbs: ["create", "delete"] },
];

/** In the cluster as a whole. */
const CLUSTER_RULES: readonly Rule[] = [
  { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "create", "patch", "delete"] },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["create"] },
  { apiGroups: [""], resources: ["persistentvolumes"], verbs: ["list", "delete"] },
  ...COMPARED.map((each) => {
    const [resource = "", ...group] = each.split(".");
    return { apiGroups: [group.join(".")], resources: [resource], verbs: ["get", "list"] };
  }),
];

async function grant(api: Api): Promise<void> {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const namespaced = `${rbac}/namespaces/${VELERO_NAMESPACE}`;
  const metadata = { name: GRANT };
  const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: USER }];
  const roleRef = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name: GRANT });
  await api.create(`${namespaced}/roles`, { metadata, rules: VELERO_RULES });
  await api.create(`${namespaced}/rolebindings`, { metadata, subjects, roleRef: roleRef("Role") });
  await api.create(`${rbac}/clusterroles`, { metadata, rules: CLUSTER_RULES });
  await api.create(`${rbac}/clusterrolebindings`, { metadata, subjects, roleRef: roleRef("ClusterRole") });
}
