import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readImageScan, type ImageScanPlan } from "./image-scan/args.js";
import { jobOf, type ScanNames } from "./image-scan/pod.js";
import { mebibytes } from "./quantity.js";
import { toResolver } from "./resolver.js";

export interface ImageScanArgs {
  /** Namespace of the scan; that of the databases, or one of its own. */
  namespace: string;
  /** Image of Trivy by version and digest: `ghcr.io/aquasecurity/trivy:0.76.2@sha256:…`. Affected versions of CVE-2026-33634 are refused. */
  scanner: string;
  /** Images to scan, each by version and digest. */
  images: readonly string[];
  /** Networks in which the registries answer, and on which ports; beside DNS the scan reaches nothing else. @default port 443 */
  registries: readonly { network: string; ports?: readonly number[] }[];
  /**
   * Where the vulnerability database comes from: `registry`, fetched before each scan, from mirrors where `repositories` names
   * them; `claim`, a volume claim that somebody fills in a closed network (`db/`, `java-db/`). A database older than `maximumAge`
   * fails the scan. @default registry: Trivy's own repositories, 48 h; of a claim 72 h
   */
  database?:
    | {
        from: "registry";
        repositories?: readonly string[];
        javaRepositories?: readonly string[];
        maximumAge?: string;
      }
    | { from: "claim"; claim: string; maximumAge?: string };
  /** Log-in of the registries: a Secret of the type kubernetes.io/dockerconfigjson by name, or the content for one. @default none */
  registryLogin?: { secretName: string } | { credentials: pulumi.Input<string> };
  /** Certificates (PEM) of the authorities that registries, and the object store, in a closed network have, instead of the public ones. @default the image's */
  authorities?: string;
  /** Five cron fields, in `timeZone`; at least daily. @default 02:00 each day */
  schedule?: string;
  /** @default Etc/UTC */
  timeZone?: string;
  /** Leaves out what has no fixed version yet. @default false */
  ignoreUnfixed?: boolean;
  /** Volume of the reports. Reports older than `age` go, but the newest `count` of each image stay. @default 5 GiB, 90 d, 30, no copy */
  reports?: {
    storageClass?: string;
    size?: string;
    age?: string;
    count?: number;
    /** Copies reports to an object store after each scan. */
    copy?: ReportCopy;
  };
  /** Longest that the job may take. @default 2 h */
  timeLimit?: string;
  /** Longest that one image may take. @default 15 min */
  imageTimeLimit?: string;
  /** A scan that could not start in this time waits for the next. @default 1 h */
  startWithin?: string;
  /** User and group id. @default 10001 */
  user?: number;
  /** Processors, as request and limit. @default 1 */
  cpus?: number;
  /** Memory, as request and limit. @default 2 GiB */
  memory?: string;
  /** Room for unpacked layers. @default 4 GiB */
  temporary?: string;
  /** Pods that resolve names, and on which ports. @default k8s-app: kube-dns in kube-system, 53 */
  dns?: { namespace: string; labels: Readonly<Record<string, string>>; ports?: readonly number[] };
}

/** An object store with the API of S3, to which reports are copied. Nothing is removed there: its own rules keep them. */
export interface ReportCopy {
  /** Image with curl (7.84 or newer) and a shell, by version and digest: `curlimages/curl:8.…@sha256:…`. */
  image: string;
  /** Address with the bucket and a folder: `https://objects.example.org/audit/scans`. */
  address: string;
  /** @default us-east-1 */
  region?: string;
  /** A key that may read and write there: a Secret with `curl.conf` (`user = "access:secret"`) by name, or the two for one. */
  credentials: { secretName: string } | { accessKey: pulumi.Input<string>; secretKey: pulumi.Input<string> };
  /** Networks in which the store answers. @default port 443 */
  networks: readonly { network: string; ports?: readonly number[] }[];
}

/**
 * Scans images for vulnerabilities each night with Trivy, HIGH and CRITICAL, and keeps the reports as JSON on a volume of their
 * own. The job ends with 0 when nothing was found, with 10 on findings, with 1 when a scan failed.
 */
export class ImageScan extends pulumi.ComponentResource {
  /** Name of the CronJob. */
  readonly cronJob: pulumi.Output<string>;
  /** Name of the claim with the reports: a folder for each image, a file for each scan. */
  readonly reports: pulumi.Output<string>;

  constructor(name: string, args: ImageScanArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = readImageScan(name, args);
    const kept = withSecrets(args);
    super("pgkeep:kubernetes:ImageScan", name, kept, opts);
    const labels = { "app.kubernetes.io/name": "image-scan", "app.kubernetes.io/instance": name };
    const metadata = (part?: string) => ({
      name: part === undefined ? name : `${name}-${part}`,
      namespace: plan.namespace,
      labels,
    });
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata: metadata(), automountServiceAccountToken: false },
      child,
    );
    const claim = new k8s.core.v1.PersistentVolumeClaim(
      `${name}-reports`,
      { metadata: metadata("reports"), spec: claimOf(plan) },
      // Reports are evidence: they outlive the scan that made them.
      { ...child, retainOnDelete: true },
    );
    const names: ScanNames = {
      account: name,
      reports: `${name}-reports`,
      login: loginOf(name, plan),
      authorities: plan.authorities === undefined ? undefined : `${name}-authorities`,
      store: storeOf(name, plan),
    };
    const needed: pulumi.Resource[] = [account, claim];
    const secret = (part: string, type: string, key: string, content: pulumi.Input<string>): void => {
      const stringData = pulumi.secret({ [key]: content });
      needed.push(
        new k8s.core.v1.Secret(`${name}-${part}`, { metadata: metadata(part), type, stringData }, child),
      );
    };
    const login = kept.registryLogin;
    if (login !== undefined && "credentials" in login)
      secret("login", "kubernetes.io/dockerconfigjson", ".dockerconfigjson", login.credentials);
    const store = kept.reports?.copy?.credentials;
    if (store !== undefined && "accessKey" in store)
      secret("store", "Opaque", "curl.conf", curlConfiguration(store.accessKey, store.secretKey));
    if (plan.authorities !== undefined)
      needed.push(
        new k8s.core.v1.ConfigMap(
          `${name}-authorities`,
          { metadata: metadata("authorities"), data: { "ca.crt": plan.authorities } },
          child,
        ),
      );
    needed.push(
      new k8s.networking.v1.NetworkPolicy(
        name,
        { metadata: metadata(), spec: networkOf(plan, labels) },
        child,
      ),
    );
    const job = new k8s.batch.v1.CronJob(
      name,
      {
        metadata: metadata(),
        spec: {
          schedule: plan.schedule,
          timeZone: plan.timeZone,
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: plan.startWithin,
          suspend: false,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 7,
          jobTemplate: { metadata: { labels }, spec: jobOf(plan, names, labels) },
        },
      },
      { ...child, dependsOn: needed },
    );
    this.cronJob = job.metadata.name;
    this.reports = claim.metadata.name;
    this.registerOutputs({ cronJob: this.cronJob, reports: this.reports });
  }
}

/** The arguments, with what is secret in them marked so: they stand in the state. */
function withSecrets(args: ImageScanArgs): ImageScanArgs {
  const { registryLogin: login, reports } = args;
  const store = reports?.copy?.credentials;
  return {
    ...args,
    ...(login !== undefined && "credentials" in login
      ? { registryLogin: { credentials: pulumi.secret(login.credentials) } }
      : {}),
    ...(reports?.copy !== undefined && store !== undefined && "accessKey" in store
      ? {
          reports: {
            ...reports,
            copy: {
              ...reports.copy,
              credentials: {
                accessKey: pulumi.secret(store.accessKey),
                secretKey: pulumi.secret(store.secretKey),
              },
            },
          },
        }
      : {}),
  };
}

/** A key for curl, in a file of its own: a command line is read by everybody on the node. */
function curlConfiguration(
  access: pulumi.Input<string>,
  secret: pulumi.Input<string>,
): pulumi.Output<string> {
  const text = pulumi.interpolate`${access}:${secret}`;
  return text.apply((user) => `user = "${user.replaceAll(/[\\"]/g, "\\$&")}"\n`);
}

function storeOf(name: string, { reports: { copy } }: ImageScanPlan): string | undefined {
  if (copy === undefined) return undefined;
  return "secretName" in copy.credentials ? copy.credentials.secretName : `${name}-store`;
}

function loginOf(name: string, { registryLogin: login }: ImageScanPlan): string | undefined {
  if (login === undefined) return undefined;
  return "secretName" in login ? login.secretName : `${name}-login`;
}

function claimOf({ reports }: ImageScanPlan): k8s.types.input.core.v1.PersistentVolumeClaimSpec {
  return {
    accessModes: ["ReadWriteOnce"],
    ...(reports.storageClass === undefined ? {} : { storageClassName: reports.storageClass }),
    resources: { requests: { storage: mebibytes(reports.size) } },
  };
}

/** Nobody reaches the scan; it reaches the resolver, the registries and the object store. */
function networkOf(
  { dns, registries, reports: { copy } }: ImageScanPlan,
  labels: Readonly<Record<string, string>>,
): k8s.types.input.networking.v1.NetworkPolicySpec {
  return {
    podSelector: { matchLabels: labels },
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [
      toResolver(dns),
      ...[...registries, ...(copy?.networks ?? [])].map(({ network, ports }) => ({
        to: [{ ipBlock: { cidr: network } }],
        ports: ports.map((port) => ({ protocol: "TCP", port })),
      })),
    ],
  };
}
