import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { siteCluster, type KubernetesEnvironment, type Secrets } from "../declaration/index.js";
import { kubernetesSite } from "../postgres/index.js";
import { archiveJobLabels, serverLabels } from "./labels.js";
import type { PodAttachment } from "./postgres-stateful-set/attachment.js";
import { archiveAttachment } from "./wal-archive/attachment.js";
import { archiveConfig, archiveSecrets, clientSecrets, type ArchiveNames } from "./wal-archive/files.js";
import { archiveJobs, cronJobSpec } from "./wal-archive/job.js";
import { jobsNetwork, membersNetwork } from "./wal-archive/network.js";

export interface WalArchiveArgs {
  /** The whole declaration, as `parseEnvironment` gives it, with engine statefulset, `kubernetes.archive` and `backup.base`. */
  environment: KubernetesEnvironment;
  /** Site whose members archive; its namespace exists. */
  site: string;
  /** Kept secret from here to the pods. */
  secrets: pulumi.Input<Secrets>;
}

/**
 * The WAL archive and the base backups of the members of one site: pgBackRest to an object store, encrypted before anything leaves a pod.
 * Members push WAL by themselves; CronJobs take base backups and verify, over mutual TLS to `pgbackrest server` beside each server. What
 * stands in the members' pods is `attachment`, for `PostgresStatefulSet`.
 */
export class WalArchive extends pulumi.ComponentResource {
  /** What stands in the pods of the members. */
  readonly attachment: PodAttachment;
  /** Names of the CronJobs, known when they stand. */
  readonly cronJobs: readonly pulumi.Output<string>[];

  constructor(name: string, args: WalArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseContradictions(name, args);
    const { environment, site } = args;
    super("pgkeep:kubernetes:WalArchive", name, { environment, site }, opts);
    const { namespace } = kubernetesSite(environment, site);
    const own = siteCluster(environment.cluster.name, site);
    const called = `${own}-archive`;
    const members = serverLabels(own);
    const jobs = archiveJobLabels(own);
    const metadata = (object: string) => ({
      name: object,
      namespace,
      labels: {
        ...jobs,
        "app.kubernetes.io/part-of": environment.cluster.name,
        "app.kubernetes.io/managed-by": "pgkeep",
      },
    });
    const names: ArchiveNames & { account: string } = {
      config: `${called}-config`,
      secrets: `${called}-store`,
      client: `${called}-client`,
      account: called,
      authorities: environment.kubernetes.archive?.authorities !== undefined,
    };
    const inside = { parent: this };
    const data = archiveConfig(environment, site);
    const secrets = pulumi.secret(args.secrets);
    const secret = (part: string, object: string, files: (values: Secrets) => Record<string, string>) =>
      new k8s.core.v1.Secret(
        `${name}-${part}`,
        { metadata: metadata(object), type: "Opaque", stringData: secrets.apply(files) },
        inside,
      );
    const before = [
      new k8s.core.v1.ConfigMap(`${name}-config`, { metadata: metadata(names.config), data }, inside),
      secret("store", names.secrets, archiveSecrets),
      secret("client", names.client, (values) => clientSecrets(environment, values)),
      new k8s.core.v1.ServiceAccount(
        name,
        { metadata: metadata(names.account), automountServiceAccountToken: false },
        inside,
      ),
      new k8s.networking.v1.NetworkPolicy(
        `${name}-members`,
        {
          metadata: {
            ...metadata(`${called}-members`),
            // Its pods are those of another component.
            annotations: { "kube-score/ignore": "networkpolicy-targets-pod" },
          },
          spec: membersNetwork(environment, members, jobs),
        },
        inside,
      ),
      new k8s.networking.v1.NetworkPolicy(
        `${name}-jobs`,
        { metadata: metadata(`${called}-jobs`), spec: jobsNetwork(environment, members, jobs) },
        inside,
      ),
    ];
    this.attachment = archiveAttachment(environment, names, digestOf(data));
    this.cronJobs = archiveJobs(environment).map(
      (job) =>
        new k8s.batch.v1.CronJob(
          `${name}-${job.name}`,
          { metadata: metadata(`${own}-${job.name}`), spec: cronJobSpec(environment, job, names, jobs) },
          { ...inside, dependsOn: before },
        ).metadata.name,
    );
    this.registerOutputs({ cronJobs: this.cronJobs });
  }
}

/** Of what members read; a changed script of a job starts no server anew. */
function digestOf(data: Readonly<Record<string, string>>): string {
  const read = ["member.conf", "server.conf", "store.pem"].map((file) => [file, data[file] ?? ""]);
  return createHash("sha256").update(JSON.stringify(read)).digest("hex");
}

function refuseContradictions(name: string, { environment, site }: WalArchiveArgs): void {
  const problems: string[] = [];
  const { engine, sites, archive } = environment.kubernetes;
  if (engine !== "statefulset")
    problems.push(`environment.kubernetes.engine: is ${engine}, which archives by itself; give statefulset`);
  if (archive === undefined)
    problems.push("environment.kubernetes.archive: is missing; give the object store");
  if (environment.backup.base === undefined)
    problems.push("environment.backup.base: is missing; give the schedules of base backups");
  if (!sites.some((each) => each.site === site))
    problems.push(`site: "${site}" has no cluster; give one of ${sites.map((each) => each.site).join(", ")}`);
  if (problems.length > 0) throw new TypeError(`WalArchive ${name}:\n  ${problems.join("\n  ")}`);
}
