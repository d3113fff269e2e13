import { added, flip, gone, inClear, inverted, set, unprotected, type FlipTable } from "./flip.js";

const K8S = /^kubernetes:/;
const WORKLOAD = /^kubernetes:(?:apps|batch)\/v1:/;
const DATABASE = /^kubernetes:apps\/v1:StatefulSet$/;
const NAMESPACE = /^kubernetes:core\/v1:Namespace$/;
const SERVICE = /^kubernetes:core\/v1:Service$/;
const BUDGET = /^kubernetes:policy\/v1:PodDisruptionBudget$/;
const SECRET = /^kubernetes:core\/v1:Secret$/;
const CONFIG = /^kubernetes:core\/v1:ConfigMap$/;
const CLAIM = /^kubernetes:core\/v1:PersistentVolumeClaim$/;
const PROVIDER = /^pulumi:providers:kubernetes$/;
const CRON = /^kubernetes:batch\/v1:CronJob$/;
const POD = ".spec.template.spec";
const JOB = ".spec.jobTemplate.spec";
const JOB_POD = `${JOB}.template.spec`;
const LABELS = ".metadata.labels.pod-security.kubernetes.io";

/** Everywhere in the pods of a database. */
const serving = ["containers", "initContainers"].map((list) => `${POD}.${list}[]`);
/** And in those of jobs. */
const each = [...serving, `${JOB_POD}.containers[]`];

/** An image without its digest. */
const byTag = (value: unknown): unknown => String(value).replace(/@sha256:.*/, "");

/** Objects of Kubernetes. */
export const kubernetesFlips: FlipTable = {
  flips: [
    unprotected(/^kubernetes:core\/v1:(?:Namespace|PersistentVolumeClaim)$/),
    set(NAMESPACE, `${LABELS}/enforce`, "privileged"),
    gone(NAMESPACE, `${LABELS}/enforce`),
    set(NAMESPACE, `${LABELS}/enforce-version`, "latest"),
    gone(NAMESPACE, `${LABELS}/enforce-version`),
    gone(DATABASE, ".metadata.namespace"),
    set(DATABASE, ".metadata.namespace", "default"),
    ...each.flatMap((container) => [
      flip(WORKLOAD, `${container}.image`, "by tag", byTag),
      set(WORKLOAD, `${container}.image`, "postgres:latest"),
      inverted(WORKLOAD, `${container}.securityContext.privileged`, false),
      inverted(WORKLOAD, `${container}.securityContext.allowPrivilegeEscalation`, false),
      gone(WORKLOAD, `${container}.securityContext.allowPrivilegeEscalation`),
      inverted(WORKLOAD, `${container}.securityContext.readOnlyRootFilesystem`, true),
      inverted(WORKLOAD, `${container}.securityContext.runAsNonRoot`, true),
      set(WORKLOAD, `${container}.securityContext.runAsUser`, 0),
      set(WORKLOAD, `${container}.securityContext.seccompProfile.type`, "Unconfined"),
      gone(WORKLOAD, `${container}.securityContext.capabilities.drop[]`),
      added(WORKLOAD, `${container}.securityContext.capabilities`, "add", ["SYS_ADMIN"]),
      gone(WORKLOAD, `${container}.resources.limits.memory`),
    ]),
    ...serving.flatMap((container) => [
      gone(DATABASE, `${container}.resources.limits.cpu`),
      set(DATABASE, `${container}.resources.requests.cpu`, "1m"),
      set(DATABASE, `${container}.resources.requests.memory`, "1Mi"),
    ]),
    gone(DATABASE, `${POD}.containers[].startupProbe`),
    gone(DATABASE, `${POD}.containers[].readinessProbe`),
    set(DATABASE, `${POD}.containers[].startupProbe.failureThreshold`, 1),
    set(DATABASE, `${POD}.containers[].startupProbe.periodSeconds`, 0),
    added(DATABASE, POD, "hostNetwork", true),
    added(DATABASE, POD, "hostPID", true),
    flip(DATABASE, `${POD}.volumes`, "with hostPath", (all) => [
      ...(all as unknown[]),
      { name: "node", hostPath: { path: "/" } },
    ]),
    inverted(WORKLOAD, `${POD}.automountServiceAccountToken`, false),
    gone(WORKLOAD, `${POD}.automountServiceAccountToken`),
    gone(DATABASE, `${POD}.serviceAccountName`),
    set(DATABASE, `${POD}.serviceAccountName`, "default"),
    gone(DATABASE, `${POD}.priorityClassName`),
    set(DATABASE, `${POD}.terminationGracePeriodSeconds`, 1),
    gone(DATABASE, ".spec.volumeClaimTemplates"),
    set(DATABASE, ".spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"),
    set(DATABASE, ".spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Delete"),
    set(CRON, ".spec.concurrencyPolicy", "Allow"),
    inverted(CRON, ".spec.suspend", false),
    set(CRON, ".spec.schedule", "0 0 31 2 *"),
    gone(CRON, ".spec.startingDeadlineSeconds"),
    gone(CRON, `${JOB}.activeDeadlineSeconds`),
    gone(CRON, ".metadata.namespace"),
    inverted(CRON, `${JOB_POD}.automountServiceAccountToken`, false),
    gone(CRON, `${JOB_POD}.automountServiceAccountToken`),
    gone(CRON, `${JOB_POD}.serviceAccountName`),
    set(CRON, `${JOB_POD}.serviceAccountName`, "default"),
    added(CRON, JOB_POD, "hostNetwork", true),
    added(CRON, JOB_POD, "hostPID", true),
    flip(CRON, `${JOB_POD}.volumes`, "with hostPath", (all) => [
      ...(all as unknown[]),
      { name: "node", hostPath: { path: "/" } },
    ]),
    gone(SERVICE, ".spec.loadBalancerSourceRanges"),
    set(SERVICE, ".spec.loadBalancerSourceRanges[]", "0.0.0.0/0"),
    set(SERVICE, ".spec.type", "NodePort"),
    set(BUDGET, ".spec.maxUnavailable", 0),
    gone(CONFIG, ".data.postgresql.conf"),
    gone(CONFIG, ".data.pg_hba.conf"),
    inClear(SECRET, ".stringData"),
    inClear(PROVIDER, ".kubeconfig"),
  ],
  neutral: [
    [
      K8S,
      /^\.(?:apiVersion|kind|type)$|^\.metadata\.(?:name|namespace|labels\.app\.kubernetes\.io\/.*|annotations\..*)$/,
      "what it is, and labels for people",
    ],
    [NAMESPACE, /(?:audit|warn)(?:-version)?$/, "words to the reader of a log; what is enforced is demanded"],
    [
      /^kubernetes:core\/v1:(?:LimitRange|ResourceQuota|ServiceAccount)$/,
      /./,
      "bounds of the namespace and its account; what a pod limits and mounts is demanded at the pod",
    ],
    [
      WORKLOAD,
      /\.(?:env|args|command|ports|exec\.command)\[\]|\.(?:imagePullPolicy|name|serviceName|replicas|revisionHistoryLimit|podManagementPolicy|enableServiceLinks|schedulerName|hostname|subdomain)$/,
      "how it is run and found",
    ],
    [
      WORKLOAD,
      /\.selector\.|\.(?:labels|annotations|labelSelector)\.|\.topologySpreadConstraints\[\]|\.affinity\.|\.updateStrategy\.|\.(?:whenDeleted|whenScaled)$/,
      "whom it is about; that members keep apart is demanded of the whole",
    ],
    [
      WORKLOAD,
      /\.volumes\[\]|\.volumeMounts\[\]|\.volumeClaimTemplates\[\]/,
      "where files lie; data and shared memory are demanded",
    ],
    [
      WORKLOAD,
      /\.(?:runAsGroup|runAsUser|fsGroup|fsGroupChangePolicy|supplementalGroups\[\])$|\.ephemeral-storage$|\.(?:periodSeconds|failureThreshold|timeoutSeconds|successThreshold|initialDelaySeconds)$/,
      "the image's user, and how often a probe asks",
    ],
    [
      WORKLOAD,
      /^\.spec\.template\.spec\.securityContext\.|\.requests\.(?:cpu|memory)$|\.limits\.cpu$|\.(?:runAsNonRoot|seccompProfile\.type)$/,
      "each container says it again, and is judged by it; processors bound how long a job takes",
    ],
    [CONFIG, /^\.data\./, "judged by what it says"],
    [SECRET, /./, "that it is secret is demanded"],
    [CLAIM, /./, "sizes and classes; that it is protected is demanded"],
    [SERVICE, /./, "how clients find the server"],
    [BUDGET, /./, "whom it is about; judged with the workload"],
    [PROVIDER, /./, "whom it reaches"],
  ].map(([on, path, why]) => ({ on: on as RegExp, path: path as RegExp, why: why as string })),
};
