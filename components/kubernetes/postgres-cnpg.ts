import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesEnvironment } from "../declaration/index.js";
import { cnpgName, cnpgPooler, cnpgSettings, kubernetesSite, type KeptSetting } from "../postgres/index.js";
import { recoveryPlan } from "../recovery/index.js";
import { serverLabels } from "./labels.js";
import { readPostgresCnpg, type CnpgPlan } from "./postgres-cnpg/args.js";
import { clusterSpec } from "./postgres-cnpg/cluster.js";
import {
  poolerLabels,
  poolerSpec,
  retentionPolicy,
  scheduledSpec,
  storeName,
  storeSpec,
} from "./postgres-cnpg/objects.js";

export interface PostgresCnpgArgs {
  /** The whole declaration, as `parseEnvironment` gives it, with engine cnpg. */
  environment: KubernetesEnvironment;
  /** Site whose members are made; its namespace exists, with the Secrets that `kubernetes.cnpg` names. */
  site: string;
  /** Refuse to delete the Cluster, with which its claims go, and keep it when it leaves the stack. @default true */
  protect?: boolean;
}

/** What the declaration says and CloudNativePG does otherwise. */
export interface LeftToOperator {
  /** Server settings that it keeps to itself. */
  readonly settings: readonly KeptSetting[];
  /** Other parts of the declaration, by path. */
  readonly declared: Readonly<Record<string, string>>;
}

/**
 * The members of one site, operated by CloudNativePG: it fences, promotes and redirects within the site by itself. Between sites a promotion
 * is a reviewed change of the declaration, planned in two steps by a token or after a loss. Needs CloudNativePG 1.30 and its plugin
 * Barman Cloud. Passwords, keys and the authority stand in Secrets that are named here and made elsewhere.
 */
export class PostgresCnpg extends pulumi.ComponentResource {
  /** Name of the Cluster, known when it is ready. */
  readonly cluster: pulumi.Output<string>;
  /** Labels of the members' pods, and of those that make members. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the pooler's pods; none without a pooler. */
  readonly poolerLabels: Readonly<Record<string, string>> | undefined;
  /** What is left to the operator. */
  readonly reported: LeftToOperator;

  constructor(name: string, args: PostgresCnpgArgs, opts?: pulumi.ComponentResourceOptions) {
    const given = readPostgresCnpg(name, args);
    super("pgkeep:kubernetes:PostgresCnpg", name, args, opts);
    const { environment, site, protect } = given;
    const plan = recoveryPlan(environment);
    const { namespace } = kubernetesSite(environment, site);
    const own = cnpgName(environment, site);
    const called = serverLabels(own);
    // The operator gives these. Those of the pooler differ by the component alone.
    this.labels = { ...called, "app.kubernetes.io/component": "database" };
    this.poolerLabels = given.cnpg.pooler === undefined ? undefined : poolerLabels(environment, site);
    const part = { "app.kubernetes.io/part-of": environment.cluster.name };
    const labels = { ...called, ...part, "app.kubernetes.io/managed-by": "pgkeep" };
    const inside = { parent: this };
    const metadata = (called: string, annotations: Record<string, string> = {}) => ({
      name: called,
      namespace,
      labels,
      annotations,
    });

    const store = new k8s.apiextensions.CustomResource(
      `${name}-archive`,
      {
        apiVersion: "barmancloud.cnpg.io/v1",
        kind: "ObjectStore",
        metadata: metadata(storeName(given)),
        spec: storeSpec(given),
      },
      inside,
    );
    const cluster = new k8s.apiextensions.CustomResource(
      name,
      {
        ...CNPG,
        kind: "Cluster",
        metadata: metadata(own, { "pulumi.com/waitFor": "condition=Ready" }),
        spec: clusterSpec(given, plan, part),
      },
      {
        ...inside,
        dependsOn: [store],
        protect,
        retainOnDelete: protect,
        // Recovery may take its time; the engine waits for it.
        customTimeouts: { create: "60m", update: "60m" },
      },
    );
    this.backups(name, given, metadata, cluster);
    const pooler = poolerSpec(given, plan);
    if (pooler !== undefined)
      new k8s.apiextensions.CustomResource(
        `${name}-pooler`,
        { ...CNPG, kind: "Pooler", metadata: metadata(cnpgPooler(environment, site)), spec: pooler },
        { ...inside, dependsOn: [cluster] },
      );
    this.cluster = cluster.metadata.name;
    this.reported = { settings: cnpgSettings(plan).kept, declared: leftOf(given) };
    this.registerOutputs({
      cluster: this.cluster,
      labels: this.labels,
      poolerLabels: this.poolerLabels,
      reported: this.reported,
    });
  }

  private backups(
    name: string,
    given: CnpgPlan,
    metadata: (called: string) => k8s.types.input.meta.v1.ObjectMeta,
    cluster: pulumi.Resource,
  ): void {
    const { environment, site } = given;
    const { base } = environment.backup;
    if (base === undefined) return;
    new k8s.apiextensions.CustomResource(
      `${name}-base`,
      {
        ...CNPG,
        kind: "ScheduledBackup",
        metadata: metadata(`${cnpgName(environment, site)}-base`),
        spec: scheduledSpec(given, base.full.schedule),
      },
      // Its Cluster cannot be changed afterwards.
      { parent: this, dependsOn: [cluster], deleteBeforeReplace: true },
    );
  }
}

const CNPG = { apiVersion: "postgresql.cnpg.io/v1" } as const;

/** Parts of the declaration that the operator or its plugin does otherwise. */
function leftOf({ environment, cnpg }: CnpgPlan): Record<string, string> {
  const { backup, kubernetes, replication } = environment;
  return {
    "kubernetes.user": `${kubernetes.user} is not used: the image's own account is, by the operator's choice`,
    ...(backup.base === undefined
      ? {}
      : {
          "backup.base.retention": `${retentionPolicy(backup.base.retention)} by age alone; the plugin counts no backups`,
        }),
    "backup.repository.encryption": `by the store (${cnpg.store.encryption}), not before data leaves the server`,
    "replication.maximumLag":
      "not looked at: the operator promotes the standby of the site that has received most",
    ...(replication.mode === "async" || replication.strict
      ? {}
      : { "replication.strict": "false: with no standby left commits wait for nobody" }),
    "failover.ttl, loopWait, retryTimeout": "not used: the operator's own probes decide",
  };
}
