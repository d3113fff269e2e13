import type * as k8s from "@pulumi/kubernetes";
import { CACHE_SIZE, folderOf, type ImageScanPlan } from "./args.js";
import { SCAN_EXIT, SCAN_PATHS, scanScript } from "./scan-script.js";

const MIB = 1024 ** 2;

/** Names of the objects that the pod uses. */
export interface ScanNames {
  readonly account: string;
  readonly reports: string;
  readonly login?: string | undefined;
  readonly authorities?: string | undefined;
}

type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

function quantity(bytes: number): string {
  return `${Math.ceil(bytes / MIB)}Mi`;
}

/** Volumes with where each is mounted. */
function volumesOf(plan: ImageScanPlan, names: ScanNames): readonly (readonly [Volume, VolumeMount])[] {
  const at = (mountPath: string, volume: Volume, readOnly = false): readonly [Volume, VolumeMount] => [
    volume,
    { name: volume.name, mountPath, ...(readOnly ? { readOnly } : {}) },
  ];
  const { database, temporary } = plan;
  return [
    at(SCAN_PATHS.reports, { name: "reports", persistentVolumeClaim: { claimName: names.reports } }),
    // Trivy opens its database for writing, even where it only reads.
    database.from === "claim"
      ? at(SCAN_PATHS.cache, { name: "cache", persistentVolumeClaim: { claimName: database.claim } })
      : at(SCAN_PATHS.cache, { name: "cache", emptyDir: { sizeLimit: quantity(CACHE_SIZE) } }),
    // Layers are unpacked there.
    at(SCAN_PATHS.temporary, { name: "temporary", emptyDir: { sizeLimit: quantity(temporary) } }),
    ...(names.login === undefined
      ? []
      : [
          at(
            SCAN_PATHS.login,
            {
              name: "login",
              secret: {
                secretName: names.login,
                defaultMode: 0o440,
                items: [{ key: ".dockerconfigjson", path: "config.json" }],
              },
            },
            true,
          ),
        ]),
    ...(names.authorities === undefined
      ? []
      : [at(SCAN_PATHS.authorities, { name: "authorities", configMap: { name: names.authorities } }, true)]),
  ];
}

function environmentOf(names: ScanNames): k8s.types.input.core.v1.EnvVar[] {
  return [
    { name: "HOME", value: SCAN_PATHS.temporary },
    { name: "TMPDIR", value: SCAN_PATHS.temporary },
    { name: "TRIVY_CACHE_DIR", value: SCAN_PATHS.cache },
    // As variables, since versions that do not know them pass over them.
    { name: "TRIVY_SKIP_VERSION_CHECK", value: "true" },
    { name: "TRIVY_DISABLE_TELEMETRY", value: "true" },
    ...(names.login === undefined ? [] : [{ name: "DOCKER_CONFIG", value: SCAN_PATHS.login }]),
    ...(names.authorities === undefined
      ? []
      : [{ name: "SSL_CERT_FILE", value: `${SCAN_PATHS.authorities}/ca.crt` }]),
  ];
}

function containerOf(plan: ImageScanPlan, names: ScanNames): k8s.types.input.core.v1.Container {
  const own = {
    cpu: String(plan.cpus),
    memory: quantity(plan.memory),
    "ephemeral-storage": quantity(
      plan.temporary + (plan.database.from === "claim" ? 0 : CACHE_SIZE) + 64 * MIB,
    ),
  };
  return {
    name: "trivy",
    image: plan.scanner.reference,
    imagePullPolicy: "Always",
    command: ["/bin/sh", "-c", scanScript(plan), "scan"],
    args: plan.images.flatMap((image) => [folderOf(image), image.reference]),
    env: environmentOf(names),
    resources: { requests: own, limits: own },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: plan.user,
      runAsGroup: plan.user,
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    // The last lines say what was found, where `kubectl describe` shows them.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: volumesOf(plan, names).map(([, mount]) => mount),
  };
}

/** The job of one night: tried once, and its end says whether something was found or the scan failed. */
export function jobOf(
  plan: ImageScanPlan,
  names: ScanNames,
  labels: Readonly<Record<string, string>>,
): k8s.types.input.batch.v1.JobSpec {
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: plan.timeLimit,
    podFailurePolicy: {
      rules: [
        // The job's condition then has the reason PodFailurePolicy and names the exit code; a failure has BackoffLimitExceeded.
        {
          action: "FailJob",
          onExitCodes: { containerName: "trivy", operator: "In", values: [SCAN_EXIT.findings] },
        },
        // A drained node is neither.
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ],
    },
    template: {
      metadata: { labels },
      spec: {
        restartPolicy: "Never",
        serviceAccountName: names.account,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        ...(names.login === undefined ? {} : { imagePullSecrets: [{ name: names.login }] }),
        securityContext: {
          runAsNonRoot: true,
          runAsUser: plan.user,
          runAsGroup: plan.user,
          fsGroup: plan.user,
          fsGroupChangePolicy: "OnRootMismatch",
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [containerOf(plan, names)],
        volumes: volumesOf(plan, names).map(([volume]) => volume),
      },
    },
  };
}
