import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  compileCalico,
  compileNetworkPolicy,
  namespaceDeny,
  podsInput,
  readModel,
  type Compiled,
  type Limit,
  type Manifest,
} from "../access/index.js";
import { readAccessPolicies } from "./access-policies/args.js";

/** Pods of a namespace that carry all of these labels; no labels: all pods there. */
export interface PodSelection {
  namespace: string;
  labels?: Readonly<Record<string, string>>;
}

/** Somebody, by any of what stands here. */
export interface Endpoints {
  /** IPv4 and IPv6 networks. @default none */
  networks?: readonly string[];
  pods?: readonly PodSelection[];
  /** Pods that run under an account. NetworkPolicy does not know them: see `reported`. @default none */
  serviceAccounts?: readonly { namespace: string; name: string }[];
}

/** One rule of the set; the first that fits decides, and what none fits is denied. */
export interface AccessRule {
  name: string;
  /** Names of groups. */
  from: readonly string[];
  /** @default database */
  to?: "database" | "pooler";
  /** @default allow */
  action?: "allow" | "deny";
  /** Write what the rule decides into a log; Calico only. @default false */
  log?: boolean;
  /** Why the rule exists. */
  description: string;
  /** Who answers for it. @default nobody named */
  owner?: string;
  /** Last day of the rule, such as 2027-06-30. @default no end */
  expires?: string;
}

export interface AccessPoliciesArgs {
  /** Namespace of the database. */
  namespace: string;
  /** Name of the database's cluster. */
  cluster: string;
  /** Labels of the database's pods. @default app.kubernetes.io/name: postgresql, app.kubernetes.io/instance: the cluster */
  labels?: Readonly<Record<string, string>>;
  /** Poolers of the same namespace: they reach the database, and rules may be about them. @default none */
  poolers?: { labels: Readonly<Record<string, string>> };
  /** Port of PostgreSQL and of the poolers. @default 5432 */
  port?: number;
  /** Who the rules speak of. */
  groups: readonly (Endpoints & { name: string })[];
  /** Who may reach the database. */
  rules: readonly AccessRule[];
  /** Networks of members in other clusters or on virtual machines, which stream from here or to here. */
  replication: "none" | readonly string[];
  /** The resolver. `nodeLocal` has addresses of NodeLocal DNSCache, such as 169.254.20.10. @default k8s-app: kube-dns in kube-system, port 53 */
  dns?: {
    namespace?: string;
    labels?: Readonly<Record<string, string>>;
    /** @default 53 */
    ports?: readonly number[];
    nodeLocal?: readonly string[];
  };
  /** The object store. @default of ports: 443 */
  backup: "none" | { networks: readonly string[]; ports?: readonly number[] };
  /** Jobs that take base backups, as those of `WalArchive`: app.kubernetes.io/name: wal-archive. @default nobody; of ports: 8432 */
  archiver?: Endpoints & { ports?: readonly number[] };
  /** Who scrapes the exporters. @default of ports: 9187 */
  monitoring: "none" | (Endpoints & { ports?: readonly number[] });
  /**
   * The operator, which calls its pods (8000, 5432), and the API server (6443), which they call; `none` without an operator. The API
   * server's address is meant as it is behind its Service.
   */
  management:
    | "none"
    | {
        operator: Endpoints & { ports?: readonly number[] };
        apiServer: { networks: readonly string[]; ports?: readonly number[] };
      };
  /** Calico's policies (projectcalico.org/v3) beside the native ones. @default false */
  calico?: boolean;
  /** The namespace denies everything already, as a `DatabaseNamespace` does: no native policy does it again. @default false */
  closed?: boolean;
  /** Day by which rules expire. @default none is too old */
  today?: string;
}

/**
 * Who reaches a database and what it reaches, compiled from the one access model: native NetworkPolicies always, Calico's where that is
 * installed. Everything else is denied, both ways, for every pod of the namespace.
 */
export class AccessPolicies extends pulumi.ComponentResource {
  /** What a target cannot say, by target: the same packets pass (none), fewer (stricter), or another target must hold it. */
  readonly reported: Readonly<Record<string, readonly Limit[]>>;
  /** Names of the native policies. */
  readonly networkPolicies: readonly string[];
  /** Names of Calico's policies. */
  readonly calicoPolicies: readonly string[];

  constructor(name: string, args: AccessPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = readAccessPolicies(name, args);
    const model = readModel(podsInput(plan.access));
    const native = compileNetworkPolicy(model, { prefix: name });
    // Calico's policies of pods stand in the whole cluster, where the namespace tells them apart.
    const calico = plan.calico ? compileCalico(model, { prefix: `${plan.namespace}-${name}` }) : undefined;
    refuse(name, [native, ...(calico === undefined ? [] : [calico])]);
    super("pgkeep:kubernetes:AccessPolicies", name, args, opts);

    const rest = namespaceDeny(plan.namespace, { prefix: name });
    const child = { parent: this };
    const opened = [
      ...(native.output ?? []).map((manifest) => this.native(manifest, child)),
      // All that allow stand before the last, which denies.
      ...inOrder(calico?.output ?? [], (manifest, dependsOn) =>
        this.custom(manifest, { ...child, dependsOn }),
      ),
    ];
    if (!plan.closed) this.native(rest.networkPolicy, { ...child, dependsOn: opened });
    if (calico !== undefined) this.custom(rest.calico, { ...child, dependsOn: opened });

    this.reported = Object.fromEntries(
      [native, ...(calico === undefined ? [] : [calico])].map(({ target, reported }) => [target, reported]),
    );
    const names = (manifests: readonly Manifest[]) => manifests.map(({ metadata }) => metadata.name);
    this.networkPolicies = names([...(native.output ?? []), ...(plan.closed ? [] : [rest.networkPolicy])]);
    this.calicoPolicies = calico === undefined ? [] : names([...(calico.output ?? []), rest.calico]);
    this.registerOutputs({
      reported: this.reported,
      networkPolicies: this.networkPolicies,
      calicoPolicies: this.calicoPolicies,
    });
  }

  private native(manifest: Manifest, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    const { spec } = manifest;
    // Its pods are those of another component.
    const annotations = { "kube-score/ignore": "networkpolicy-targets-pod" };
    const metadata = { ...manifest.metadata, annotations };
    return new k8s.networking.v1.NetworkPolicy(
      metadata.name,
      { metadata, spec: spec as unknown as k8s.types.input.networking.v1.NetworkPolicySpec },
      opts,
    );
  }

  private custom(manifest: Manifest, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    const { apiVersion, kind, metadata, spec } = manifest;
    return new k8s.apiextensions.CustomResource(
      `${metadata.name}-calico`,
      { apiVersion, kind, metadata, spec },
      opts,
    );
  }
}

/** The last depends on all the others. */
function inOrder(
  manifests: readonly Manifest[],
  make: (manifest: Manifest, after: pulumi.Resource[]) => pulumi.Resource,
): pulumi.Resource[] {
  const allowing = manifests.slice(0, -1).map((manifest) => make(manifest, []));
  return [...allowing, ...manifests.slice(-1).map((manifest) => make(manifest, allowing))];
}

function refuse(name: string, all: readonly Compiled<unknown>[]): void {
  const lines = all.flatMap((compiled) =>
    "refused" in compiled
      ? compiled.refused.map(
          ({ rule, group, what }) =>
            `${rule === undefined ? (group ?? "model") : `rule ${rule}`}: ${compiled.target} ${what}; give a set of rules without it`,
        )
      : [],
  );
  if (lines.length > 0) throw new TypeError(`AccessPolicies ${name}:\n  ${lines.join("\n  ")}`);
}
