import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readDatabaseNamespace } from "./database-namespace/args.js";
import { mebibytes, processors } from "./quantity.js";

export interface DatabaseNamespaceArgs {
  /** Name of the namespace; it holds databases and what belongs to them, and nothing else. */
  namespace: string;
  /** Version of the Pod Security Standards, so that an upgrade of the cluster changes nothing unasked. @default v1.34 */
  podSecurityVersion?: string;
  /** ServiceAccounts, one a workload; none gets a token of the API. @default none */
  accounts?: readonly string[];
  /** What all pods together may have. */
  quota: {
    /** Processors. */
    cpus: number;
    /** Memory, such as 32 GiB. */
    memory: string;
    /** Volume claims together, such as 500 GiB. */
    storage: string;
    /** Node storage of containers and emptyDirs. @default 64 GiB */
    ephemeral?: string;
    /** @default 30 */
    pods?: number;
    /** @default 30 */
    claims?: number;
    /** Services of type LoadBalancer. @default 0 */
    loadBalancers?: number;
  };
  /** The most that one container may have. @default what quota allows */
  most?: { cpus: number; memory: string };
  /** Refuse to delete the namespace: everything in it would go with it, claims too. @default true */
  protect?: boolean;
}

const STANDARDS = "pod-security.kubernetes.io";

/** What a container gets that says nothing itself. */
const UNSAID = { cpu: "250m", memory: "256Mi", "ephemeral-storage": "256Mi" };

/**
 * A namespace for databases: it admits restricted pods only, in a pinned version of the standard; what its pods may have is bounded,
 * together and each; every workload has an account without a token; nothing reaches its pods, and they reach nothing, until a
 * policy says so.
 */
export class DatabaseNamespace extends pulumi.ComponentResource {
  /** Name of the namespace, known when it stands. */
  readonly namespace: pulumi.Output<string>;
  /** Names of the accounts, known when they stand. */
  readonly accounts: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: DatabaseNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = readDatabaseNamespace(name, args);
    super("pgkeep:kubernetes:DatabaseNamespace", name, args, opts);
    const levels = ["enforce", "audit", "warn"].flatMap((mode) => [
      [`${STANDARDS}/${mode}`, "restricted"],
      [`${STANDARDS}/${mode}-version`, plan.podSecurityVersion],
    ]);
    const space = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: plan.namespace,
          labels: { ...Object.fromEntries(levels), "app.kubernetes.io/managed-by": "pgkeep" },
        },
      },
      // Deleting a namespace deletes the claims in it, and with them the data.
      { parent: this, protect: plan.protect, retainOnDelete: plan.protect },
    );
    const namespace = plan.namespace;
    const inside = { parent: this, dependsOn: [space] };
    this.bound(name, plan, inside);
    new k8s.networking.v1.NetworkPolicy(
      `${name}-default-deny`,
      {
        metadata: {
          name: "default-deny",
          namespace,
          // It stands before the first pod comes.
          annotations: { "kube-score/ignore": "networkpolicy-targets-pod" },
        },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      inside,
    );
    this.accounts = Object.fromEntries(
      plan.accounts.map((account) => [
        account,
        new k8s.core.v1.ServiceAccount(
          `${name}-${account}`,
          { metadata: { name: account, namespace }, automountServiceAccountToken: false },
          inside,
        ).metadata.name,
      ]),
    );
    this.namespace = space.metadata.name;
    this.registerOutputs({ namespace: this.namespace, accounts: this.accounts });
  }

  /** What pods may have, together and each. */
  private bound(
    name: string,
    { namespace, quota, most }: ReturnType<typeof readDatabaseNamespace>,
    inside: pulumi.CustomResourceOptions,
  ): void {
    const [cpus, memory] = [processors(quota.cpus), mebibytes(quota.memory)];
    const ephemeral = mebibytes(quota.ephemeral);
    new k8s.core.v1.ResourceQuota(
      `${name}-quota`,
      {
        metadata: { name: "quota", namespace },
        spec: {
          hard: {
            "requests.cpu": cpus,
            "limits.cpu": cpus,
            "requests.memory": memory,
            "limits.memory": memory,
            "requests.ephemeral-storage": ephemeral,
            "limits.ephemeral-storage": ephemeral,
            "requests.storage": mebibytes(quota.storage),
            persistentvolumeclaims: String(quota.claims),
            pods: String(quota.pods),
            "services.loadbalancers": String(quota.loadBalancers),
            // A node port is open on every node, whatever the policies of this namespace say.
            "services.nodeports": "0",
          },
        },
      },
      inside,
    );
    new k8s.core.v1.LimitRange(
      `${name}-limits`,
      {
        metadata: { name: "limits", namespace },
        spec: {
          limits: [
            {
              type: "Container",
              default: UNSAID,
              defaultRequest: UNSAID,
              max: {
                cpu: most === undefined ? cpus : processors(most.cpus),
                memory: most === undefined ? memory : mebibytes(most.memory),
              },
            },
          ],
        },
      },
      inside,
    );
  }
}
