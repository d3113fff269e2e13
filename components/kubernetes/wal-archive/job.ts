import type * as k8s from "@pulumi/kubernetes";
import type { KubernetesEnvironment } from "../../declaration/index.js";
import { ARCHIVE_DEADLINE, ARCHIVE_FILES, ARCHIVE_PATHS, POD_PATHS } from "../../postgres/index.js";
import { RESTRICTED, volume } from "../postgres-stateful-set/pod.js";
import { mebibytes, owning, processors } from "../quantity.js";
import { projected, type ArchiveNames } from "./files.js";

const MIB = 1024 ** 2;

/** A run that could not start in this time, in seconds, waits for the next. */
const START_WITHIN = 3600;

/** A job of the archive. */
export interface ArchiveJob {
  /** Part of its name, such as backup-full. */
  readonly name: string;
  /** Five cron fields, UTC. */
  readonly schedule: string;
  /** Script and its arguments. */
  readonly words: readonly string[];
  /** How often one that failed is tried again. */
  readonly retries: number;
}

/** Base backups on their declared schedules, and the verification. */
export function archiveJobs({ backup }: KubernetesEnvironment): readonly ArchiveJob[] {
  const { base, verification } = backup;
  if (base === undefined) return [];
  const taking = (
    name: string,
    type: string,
    level: { readonly schedule: string } | undefined,
  ): ArchiveJob[] =>
    level === undefined
      ? []
      : [{ name, schedule: level.schedule, words: [ARCHIVE_PATHS.backup, type], retries: 2 }];
  return [
    ...taking("backup-full", "full", base.full),
    ...taking("backup-diff", "diff", base.differential),
    ...taking("backup-incr", "incr", base.incremental),
    // What is wrong now is not tried away.
    { name: "verify", schedule: verification.schedule, words: [ARCHIVE_PATHS.verify], retries: 0 },
  ];
}

/** Shells that run jobs, as the kernel shows them. */
export function archiveShells(environment: KubernetesEnvironment): readonly string[] {
  return archiveJobs(environment).map(({ words }) => `sh ${words.join(" ")}`);
}

/** What a job may use: it carries what members have compressed and encrypted to the store, and verification unpacks it. */
function jobSize({ backup }: KubernetesEnvironment): {
  readonly cpus: number;
  readonly memory: number;
} {
  const processes = backup.base?.parallelism ?? 1;
  return { cpus: Math.max(0.5, processes / 2), memory: (256 + 128 * processes) * MIB };
}

/** The CronJob's specification. */
export function cronJobSpec(
  environment: KubernetesEnvironment,
  job: ArchiveJob,
  names: ArchiveNames & { readonly account: string },
  labels: Readonly<Record<string, string>>,
): k8s.types.input.batch.v1.CronJobSpec {
  return {
    schedule: job.schedule,
    timeZone: "Etc/UTC",
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: START_WITHIN,
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 7,
    jobTemplate: {
      metadata: { labels },
      spec: {
        backoffLimit: job.retries,
        activeDeadlineSeconds: ARCHIVE_DEADLINE,
        template: { metadata: { labels }, spec: podOf(environment, job, names) },
      },
    },
  };
}

function podOf(
  environment: KubernetesEnvironment,
  job: ArchiveJob,
  names: ArchiveNames & { readonly account: string },
): k8s.types.input.core.v1.PodSpec {
  const { image, user } = environment.kubernetes;
  const { cpus, memory } = jobSize(environment);
  const scripts = { "backup.sh": "backup.sh", "verify.sh": "verify.sh", accounts: "accounts" };
  return {
    restartPolicy: "Never",
    serviceAccountName: names.account,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "pgbackrest",
        // The members' own: pgBackRest speaks to its own version only.
        image,
        imagePullPolicy: "Always",
        command: ["/bin/sh", ...job.words],
        resources: owning(processors(cpus), mebibytes(memory), "256Mi"),
        securityContext: {
          ...RESTRICTED,
          runAsUser: user,
          runAsGroup: user,
          seccompProfile: { type: "RuntimeDefault" },
        },
        // The last lines say what is wrong, where `kubectl describe` shows them.
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          volume("archive", ARCHIVE_PATHS.config, { readOnly: true }),
          volume("archive", POD_PATHS.passwd, { subPath: "accounts", readOnly: true }),
          volume("tmp", "/tmp"),
        ],
      },
    ],
    volumes: [
      projected("archive", names, {
        config: { "job.conf": ARCHIVE_FILES.config, ...scripts },
        secrets: true,
        client: true,
      }),
      { name: "tmp", emptyDir: { sizeLimit: "128Mi" } },
    ],
  };
}
