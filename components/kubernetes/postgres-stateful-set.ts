import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  primaryMember,
  siteCluster,
  type KubernetesEnvironment,
  type Member,
  type Secrets,
} from "../declaration/index.js";
import {
  kubernetesSite,
  leadAt,
  membersAt,
  PORTS,
  renderPasswd,
  renderPgIdent,
  renderPgpass,
  renderPodConf,
  renderPodHba,
  renderPrepareScript,
  renderReconcileScript,
  renderRolesSql,
  serviceNames,
} from "../postgres/index.js";
import { recoveryPlan } from "../recovery/index.js";
import { serverLabels } from "./labels.js";
import { ONE_POD, UNPROBED } from "./postgres-stateful-set/checkers.js";
import { joined, type PodAttachment } from "./postgres-stateful-set/attachment.js";
import { podOf } from "./postgres-stateful-set/pod.js";
import { mebibytes } from "./quantity.js";

export type { PodAttachment } from "./postgres-stateful-set/attachment.js";

export interface PostgresStatefulSetArgs {
  /** The whole declaration, as `parseEnvironment` gives it, with engine statefulset. */
  environment: KubernetesEnvironment;
  /** Site whose members are made; its namespace exists. */
  site: string;
  /** Kept secret from here to the pods. */
  secrets: pulumi.Input<Secrets>;
  /** Account of the pods. @default the namespace's account of the StatefulSet's name */
  account?: pulumi.Input<string>;
  /** What stands beside the server: the WAL archive, hooks of a backup. @default nothing */
  attachments?: readonly PodAttachment[];
  /** Refuse to delete claims, and keep them when they leave the stack. @default true */
  protect?: boolean;
}

/**
 * The members of one site: the official image in a StatefulSet, a claim each, streaming from whichever member accepts writes. There
 * is no automatic failover: nothing here could fence a primary that hangs. Who is primary stands in the declaration; a member that
 * is declared primary promotes itself once nobody else accepts writes.
 */
export class PostgresStatefulSet extends pulumi.ComponentResource {
  /** Name of the StatefulSet, known when its pods are ready. */
  readonly statefulSet: pulumi.Output<string>;
  /** Labels of the pods. */
  readonly labels: Readonly<Record<string, string>>;

  constructor(name: string, args: PostgresStatefulSetArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseContradictions(name, args);
    const { environment, site, protect = true, attachments = [] } = args;
    super("pgkeep:kubernetes:PostgresStatefulSet", name, { environment, site, protect, attachments }, opts);
    const { namespace } = kubernetesSite(environment, site);
    const own = siteCluster(environment.cluster.name, site);
    const members = membersAt(environment, site);
    const attached = joined(attachments);
    this.labels = serverLabels(own);
    const metadata = (called: string) => ({
      name: called,
      namespace,
      labels: {
        ...this.labels,
        "app.kubernetes.io/part-of": environment.cluster.name,
        "app.kubernetes.io/managed-by": "pgkeep",
      },
    });
    const inside = { parent: this };

    const plan = recoveryPlan(environment);
    const data = {
      "postgresql.conf": renderPodConf(plan, attached.settings),
      "pg_hba.conf": renderPodHba(plan, site),
      "pg_ident.conf": renderPgIdent(),
      accounts: renderPasswd(environment),
      "prepare.sh": renderPrepareScript(plan, site),
      "reconcile.sh": renderReconcileScript(plan, site),
    };
    const secrets = pulumi.secret(args.secrets);
    const files = secrets.apply((values) => filesOf(values, members));
    const names = { account: own, config: `${own}-config`, secrets: `${own}-keys`, roles: `${own}-roles` };
    const before = [
      new k8s.core.v1.ConfigMap(`${name}-config`, { metadata: metadata(names.config), data }, inside),
      new k8s.core.v1.Secret(
        `${name}-keys`,
        { metadata: metadata(names.secrets), type: "Opaque", stringData: files },
        inside,
      ),
      new k8s.core.v1.Secret(
        `${name}-roles`,
        {
          metadata: metadata(names.roles),
          type: "Opaque",
          stringData: secrets.apply((values) => ({ "roles.sql": renderRolesSql(plan, values) })),
        },
        inside,
      ),
      ...this.claims(name, environment, members, metadata, protect),
    ];
    this.services(name, environment, site, metadata);
    if (members.length > 1)
      new k8s.policy.v1.PodDisruptionBudget(
        `${name}-budget`,
        {
          metadata: metadata(own),
          spec: {
            maxUnavailable: 1,
            selector: { matchLabels: this.labels },
            // A member that is not ready must not keep its node from being drained.
            unhealthyPodEvictionPolicy: "AlwaysAllow",
          },
        },
        inside,
      );
    const account = args.account ?? own;
    const set = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: { ...metadata(own), annotations: UNPROBED },
        spec: {
          replicas: members.length,
          serviceName: serviceNames(environment, site).headless,
          selector: { matchLabels: this.labels },
          // Any of them may be primary, and the others wait for it.
          podManagementPolicy: "Parallel",
          updateStrategy: { type: "RollingUpdate" },
          revisionHistoryLimit: 5,
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
          template: {
            metadata: {
              labels: { ...metadata(own).labels, ...attached.labels },
              annotations: {
                ...attached.annotations,
                // A changed configuration starts the pods anew, one after the other.
                "pgkeep/configuration": digestOf(data),
                // Of keys and random passwords a digest tells nothing.
                "pgkeep/keys": pulumi.unsecret(files.apply(digestOf)),
              },
            },
            spec: pulumi.output(account).apply((serviceAccountName) => ({
              ...podOf(environment, names, this.labels, attached),
              serviceAccountName,
            })),
          },
          volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claimSpec(environment, site) }],
        },
      },
      {
        ...inside,
        dependsOn: before,
        // Recovery may take its time; the engine waits for it.
        customTimeouts: { create: "60m", update: "60m" },
      },
    );
    this.statefulSet = set.metadata.name;
    this.registerOutputs({ statefulSet: this.statefulSet, labels: this.labels });
  }

  /**
   * The claims, before the StatefulSet would make them: it takes those that bear the names it gives. Of its own making they would
   * be no resources, and nothing could protect them.
   */
  private claims(
    name: string,
    environment: KubernetesEnvironment,
    members: readonly Member[],
    metadata: (called: string) => k8s.types.input.meta.v1.ObjectMeta,
    protect: boolean,
  ): pulumi.Resource[] {
    return members.map(
      (member) =>
        new k8s.core.v1.PersistentVolumeClaim(
          `${name}-data-${member.name}`,
          { metadata: metadata(`data-${member.name}`), spec: claimSpec(environment, member.site) },
          { parent: this, protect, retainOnDelete: protect },
        ),
    );
  }

  private services(
    name: string,
    environment: KubernetesEnvironment,
    site: string,
    metadata: (called: string) => k8s.types.input.meta.v1.ObjectMeta,
  ): void {
    const called = serviceNames(environment, site);
    const { exchange } = kubernetesSite(environment, site);
    const primary = primaryMember(environment);
    const ports = [{ name: "postgresql", port: PORTS.postgres, targetPort: "postgresql", protocol: "TCP" }];
    const pod = (member: Member) => ({ ...this.labels, "statefulset.kubernetes.io/pod-name": member.name });
    const alone = { annotations: ONE_POD };
    const service = (
      as: string,
      what: string,
      spec: k8s.types.input.core.v1.ServiceSpec,
      more = {},
    ): void => {
      new k8s.core.v1.Service(
        `${name}-${as}`,
        { metadata: { ...metadata(what), ...more }, spec: { ports, ...spec } },
        // No pod, no endpoint: a Service may stand before its pods do.
        { parent: this, customTimeouts: { create: "15m" } },
      );
    };
    service("members", called.headless, {
      clusterIP: "None",
      // Members find one another before they are ready.
      publishNotReadyAddresses: true,
      selector: this.labels,
    });
    if (primary.site === site)
      service("primary", called.primary, { type: "ClusterIP", selector: pod(primary) }, alone);
    service("read", called.read, { type: "ClusterIP", selector: this.labels });
    if (exchange !== undefined)
      service(
        "exchange",
        called.exchange,
        {
          type: "LoadBalancer",
          selector: pod(leadAt(environment, site)),
          // pg_hba.conf must see who comes.
          externalTrafficPolicy: "Local",
          allocateLoadBalancerNodePorts: false,
          loadBalancerSourceRanges: environment.kubernetes.sites.flatMap((other) =>
            other.site === site ? [] : (other.exchange?.sources ?? []),
          ),
        },
        { annotations: { ...ONE_POD, ...exchange.annotations } },
      );
  }
}

/** WAL lies beside the data: a snapshot of one volume has both, of the same instant. */
function claimSpec(
  environment: KubernetesEnvironment,
  site: string,
): k8s.types.input.core.v1.PersistentVolumeClaimSpec {
  const { data, wal } = environment.cluster.sizing.disks;
  return {
    accessModes: ["ReadWriteOncePod"],
    storageClassName: kubernetesSite(environment, site).storageClass,
    volumeMode: "Filesystem",
    resources: { requests: { storage: mebibytes(data + wal) } },
  };
}

/** Files of the Secret that the init container reads. */
function filesOf(secrets: Secrets, members: readonly Member[]): Record<string, string> {
  return {
    "authority.pem": secrets.authority,
    pgpass: renderPgpass(secrets.passwords),
    ...Object.fromEntries(
      members.flatMap(({ name }) => {
        const pair = secrets.certificates[name];
        return [
          [`${name}.pem`, pair?.certificate ?? ""],
          [`${name}.key`, pair?.key ?? ""],
        ];
      }),
    ),
  };
}

function digestOf(data: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

function refuseContradictions(
  name: string,
  { environment, site, attachments = [] }: PostgresStatefulSetArgs,
): void {
  const problems: string[] = [];
  const { engine, sites } = environment.kubernetes;
  if (engine !== "statefulset")
    problems.push(`environment.kubernetes.engine: is ${engine}; give statefulset, or use PostgresCnpg`);
  if (!sites.some((each) => each.site === site))
    problems.push(`site: "${site}" has no cluster; give one of ${sites.map((each) => each.site).join(", ")}`);
  const taken = new Set(["config", "secrets", "roles", "run", "socket", "tmp", "shm", "data"]);
  attachments.forEach((attachment, i) => {
    for (const { name: volume } of attachment.volumes ?? [])
      if (typeof volume === "string" && taken.has(volume))
        problems.push(
          `attachments[${i}].volumes: "${volume}" is a volume of the database's; give another name`,
        );
      else if (typeof volume === "string") taken.add(volume);
  });
  if (problems.length > 0) throw new TypeError(`PostgresStatefulSet ${name}:\n  ${problems.join("\n  ")}`);
}
