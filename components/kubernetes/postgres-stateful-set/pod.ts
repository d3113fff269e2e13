import type * as k8s from "@pulumi/kubernetes";
import type { KubernetesEnvironment, Major } from "../../declaration/index.js";
import { binDirectory, POD_PATHS, podDataDirectory, podDataMount, PORTS } from "../../postgres/index.js";
import { recoveryBudget } from "../../recovery/index.js";
import { mebibytes, owning, processors } from "../quantity.js";
import type { PodAttachment } from "./attachment.js";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;

/** Names of the objects that the pod uses. */
export interface PodNames {
  readonly account: string;
  readonly config: string;
  readonly secrets: string;
  readonly roles: string;
}

/** Seconds for a fast shutdown with its last checkpoint. */
const GRACE = 180;

/** What a container may write on its node: its log and what lies in emptyDirs. */
const WRITTEN = { server: "1Gi", beside: "256Mi" } as const;

export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  privileged: false,
  capabilities: { drop: ["ALL"] },
};

/** Room for pg_rewind, pg_basebackup and initdb; the reconciling container runs psql. */
const BESIDE = owning("100m", "128Mi", WRITTEN.beside);

export const volume = (
  name: string,
  mountPath: string,
  more: { subPath?: string; readOnly?: boolean } = {},
): { name: string; mountPath: string; subPath?: string; readOnly?: boolean } => ({
  name,
  mountPath,
  ...more,
});

/** Mounts that every container has. */
export function commonMounts(): k8s.types.input.core.v1.VolumeMount[] {
  return [
    volume("config", POD_PATHS.config, { readOnly: true }),
    volume("config", POD_PATHS.passwd, { subPath: "accounts", readOnly: true }),
    volume("run", POD_PATHS.run),
    volume("socket", POD_PATHS.socket),
    volume("tmp", "/tmp"),
  ];
}

/** What every container of a member's pod has. */
export function common({ kubernetes, cluster }: KubernetesEnvironment): Omit<Container, "name"> {
  return {
    image: kubernetes.image,
    // With a digest nothing else can come; Always also asks the registry who may have it.
    imagePullPolicy: "Always",
    securityContext: {
      ...RESTRICTED,
      runAsUser: kubernetes.user,
      runAsGroup: kubernetes.user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "PGDATA", value: podDataDirectory(cluster.version.major) },
      { name: "PGHOST", value: POD_PATHS.socket },
      { name: "PGUSER", value: "postgres" },
    ],
  };
}

/** Programs of the server that a shell runs in probes. */
const asking = (major: Major): string =>
  `${binDirectory(major)}/pg_isready -q -U postgres -h ${POD_PATHS.socket}`;
/** 1 is a server that rejects connections while it starts or stops: it works, and must not be killed. */
const living = (major: Major): string => `${asking(major)}; [ $? -lt 2 ]`;

/** Shells that run the containers' own scripts, as the kernel shows them. */
export function ownShells(): readonly string[] {
  return [POD_PATHS.prepare, POD_PATHS.reconcile].map((script) => `sh ${script}`);
}

/** Shells that run probes, as the kernel shows them. */
export function probeShells(major: Major): readonly string[] {
  return [asking(major), living(major)].map((command) => `sh -c ${command}`);
}

/** Makes the data directory what is declared, before the server starts. */
function preparing(environment: KubernetesEnvironment): Container {
  const { sizing, version } = environment.cluster;
  return {
    ...common(environment),
    name: "prepare",
    command: ["/bin/sh", POD_PATHS.prepare],
    resources: owning(processors(sizing.cpus), mebibytes(sizing.memory), WRITTEN.server),
    volumeMounts: [
      ...commonMounts(),
      volume("data", podDataMount(version.major)),
      volume("secrets", POD_PATHS.secrets, { readOnly: true }),
    ],
  };
}

/** The server. Ready when it answers a query; alive while anything answers, recovery included. */
function server(environment: KubernetesEnvironment, attached: Required<PodAttachment>): Container {
  const { sizing, version } = environment.cluster;
  const bin = binDirectory(version.major);
  const period = 10;
  return {
    ...common(environment),
    name: "postgres",
    command: [`${bin}/postgres`],
    args: ["-D", podDataDirectory(version.major), "-c", `config_file=${POD_PATHS.postgresqlConf}`],
    ports: [{ name: "postgresql", containerPort: PORTS.postgres, protocol: "TCP" }],
    resources: owning(processors(sizing.cpus), mebibytes(sizing.memory), WRITTEN.server),
    startupProbe: {
      exec: { command: ["/bin/sh", "-c", asking(version.major)] },
      periodSeconds: period,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(recoveryBudget(environment) / period),
    },
    livenessProbe: {
      exec: { command: ["/bin/sh", "-c", living(version.major)] },
      periodSeconds: 30,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
    readinessProbe: {
      exec: { command: [`${bin}/psql`, "-XAtq", "-U", "postgres", "-d", "postgres", "-c", "SELECT 1"] },
      periodSeconds: period,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    volumeMounts: [
      ...commonMounts(),
      volume("data", podDataMount(version.major)),
      volume("shm", "/dev/shm"),
      ...attached.mounts,
    ],
  };
}

/** Promotes, and keeps roles and slots, through the socket. */
function reconciling(environment: KubernetesEnvironment): Container {
  return {
    ...common(environment),
    name: "reconcile",
    command: ["/bin/sh", POD_PATHS.reconcile],
    resources: BESIDE,
    volumeMounts: [...commonMounts(), volume("roles", POD_PATHS.roles, { readOnly: true })],
  };
}

/** The pod of a member: restricted in full, on a read-only root. */
export function podOf(
  environment: KubernetesEnvironment,
  names: PodNames,
  labels: Readonly<Record<string, string>>,
  attached: Required<PodAttachment>,
): PodSpec {
  const { kubernetes } = environment;
  const memory = (name: string, limit: string) => ({
    name,
    emptyDir: { medium: "Memory", sizeLimit: limit },
  });
  return {
    serviceAccountName: names.account,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE,
    ...(kubernetes.priorityClass === undefined ? {} : { priorityClassName: kubernetes.priorityClass }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: kubernetes.user,
      runAsGroup: kubernetes.user,
      fsGroup: kubernetes.user,
      // Millions of files need not be looked at each time.
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        // A site with one zone, or none named, is a site all the same.
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labels },
      },
    ],
    initContainers: [preparing(environment), ...attached.initContainers],
    containers: [server(environment, attached), reconciling(environment), ...attached.containers],
    volumes: [
      { name: "config", configMap: { name: names.config, defaultMode: 0o444 } },
      { name: "secrets", secret: { secretName: names.secrets, defaultMode: 0o440 } },
      { name: "roles", secret: { secretName: names.roles, defaultMode: 0o440 } },
      memory("run", "16Mi"),
      memory("socket", "16Mi"),
      { name: "tmp", emptyDir: { sizeLimit: "128Mi" } },
      memory("shm", mebibytes(kubernetes.sharedMemory)),
      ...attached.volumes,
    ],
  };
}
