import type * as k8s from "@pulumi/kubernetes";
import { mebibytes, owning } from "../quantity.js";
import { CACHE_SIZE, folderOf, type ImageScanPlan } from "./args.js";
import { copyScript } from "./copy-script.js";
import { SCAN_EXIT, SCAN_PATHS, scanScript } from "./scan-script.js";

const MIB = 1024 ** 2;

/** Names of the objects that the pod uses. */
export interface ScanNames {
  readonly account: string;
  readonly reports: string;
  readonly login?: string | undefined;
  readonly authorities?: string | undefined;
  /** Of the object store to which reports are copied. */
  readonly store?: string | undefined;
}

type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Containers of the pod, with what they may do to a volume. */
type Use = Partial<Readonly<Record<"trivy" | "copy", "read" | "write">>>;

/** A volume, where it is mounted, and in which containers. */
type Placed = readonly [path: string, volume: Volume, use: Use];

function volumesOf({ database, temporary, reports }: ImageScanPlan, names: ScanNames): readonly Placed[] {
  const secret = (name: string, secretName: string, key: string, path = key): Volume => ({
    name,
    secret: { secretName, defaultMode: 0o440, items: [{ key, path }] },
  });
  const all: Placed[] = [
    [
      SCAN_PATHS.reports,
      { name: "reports", persistentVolumeClaim: { claimName: names.reports } },
      { trivy: "write", copy: "read" },
    ],
    // Trivy opens its database for writing, even where it only reads.
    [
      SCAN_PATHS.cache,
      database.from === "claim"
        ? { name: "cache", persistentVolumeClaim: { claimName: database.claim } }
        : { name: "cache", emptyDir: { sizeLimit: mebibytes(CACHE_SIZE) } },
      { trivy: "write" },
    ],
    // Layers are unpacked there.
    [
      SCAN_PATHS.temporary,
      { name: "temporary", emptyDir: { sizeLimit: mebibytes(temporary) } },
      { trivy: "write" },
    ],
  ];
  if (names.login !== undefined)
    all.push([
      SCAN_PATHS.login,
      secret("login", names.login, ".dockerconfigjson", "config.json"),
      { trivy: "read" },
    ]);
  if (names.authorities !== undefined)
    all.push([
      SCAN_PATHS.authorities,
      { name: "authorities", configMap: { name: names.authorities } },
      { trivy: "read", copy: "read" },
    ]);
  if (reports.copy !== undefined && names.store !== undefined)
    all.push(
      [SCAN_PATHS.store, secret("store-login", names.store, "curl.conf"), { copy: "read" }],
      [SCAN_PATHS.state, { name: "state", emptyDir: { sizeLimit: "1Mi" } }, { trivy: "write", copy: "read" }],
    );
  return all;
}

function mountsIn(container: keyof Use, volumes: readonly Placed[]): VolumeMount[] {
  return volumes
    .filter(([, , use]) => use[container] !== undefined)
    .map(([mountPath, { name }, use]) => ({
      name,
      mountPath,
      ...(use[container] === "read" ? { readOnly: true } : {}),
    }));
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

/** What every container is held to. */
function security({ user }: ImageScanPlan): k8s.types.input.core.v1.SecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    allowPrivilegeEscalation: false,
    privileged: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  };
}

function scanner(plan: ImageScanPlan, names: ScanNames): k8s.types.input.core.v1.Container {
  const cache = plan.database.from === "claim" ? 0 : CACHE_SIZE;
  return {
    name: "trivy",
    image: plan.scanner.reference,
    imagePullPolicy: "Always",
    command: ["/bin/sh", "-c", scanScript(plan), "scan"],
    args: plan.images.flatMap((image) => [folderOf(image), image.reference]),
    env: environmentOf(names),
    resources: owning(
      String(plan.cpus),
      mebibytes(plan.memory),
      mebibytes(plan.temporary + cache + 64 * MIB),
    ),
    securityContext: security(plan),
    // The last lines say what was found, where `kubectl describe` shows them.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mountsIn("trivy", volumesOf(plan, names)),
  };
}

function copier(
  plan: ImageScanPlan,
  copy: NonNullable<ImageScanPlan["reports"]["copy"]>,
  names: ScanNames,
): k8s.types.input.core.v1.Container {
  return {
    name: "copy",
    image: copy.image.reference,
    imagePullPolicy: "Always",
    command: ["/bin/sh", "-c", copyScript(copy), "copy"],
    env:
      names.authorities === undefined
        ? []
        : [{ name: "CURL_CA_BUNDLE", value: `${SCAN_PATHS.authorities}/ca.crt` }],
    resources: owning("100m", mebibytes(128 * MIB), mebibytes(64 * MIB)),
    securityContext: security(plan),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mountsIn("copy", volumesOf(plan, names)),
  };
}

/** The job of one night: tried once, and its end says whether something was found or the scan failed. */
export function jobOf(
  plan: ImageScanPlan,
  names: ScanNames,
  labels: Readonly<Record<string, string>>,
): k8s.types.input.batch.v1.JobSpec {
  const { copy } = plan.reports;
  const scan = scanner(plan, names);
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: plan.timeLimit,
    podFailurePolicy: {
      rules: [
        // The job's condition then has the reason PodFailurePolicy and names the exit code; a failure has BackoffLimitExceeded.
        {
          action: "FailJob",
          onExitCodes: {
            containerName: copy === undefined ? "trivy" : "copy",
            operator: "In",
            values: [SCAN_EXIT.findings],
          },
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
        // The copy comes after the scan, and ends as the scan did.
        ...(copy === undefined
          ? { containers: [scan] }
          : { initContainers: [scan], containers: [copier(plan, copy, names)] }),
        volumes: volumesOf(plan, names).map(([, volume]) => volume),
      },
    },
  };
}
