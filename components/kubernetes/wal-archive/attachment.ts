import type { KubernetesEnvironment } from "../../declaration/index.js";
import { ARCHIVE_FILES, ARCHIVE_PATHS, podDataMount, PORTS } from "../../postgres/index.js";
import type { PodAttachment } from "../postgres-stateful-set/attachment.js";
import { common, commonMounts, volume } from "../postgres-stateful-set/pod.js";
import { mebibytes, owning, processors } from "../quantity.js";
import { projected, type ArchiveNames } from "./files.js";

const MIB = 1024 ** 2;

/** Room for segments that are got ahead of replay: pgBackRest's default of 128 MiB, and as much again. */
const SPOOL = 256 * MIB;

/**
 * What the container beside a server may use, which compresses and encrypts for each process of a backup: half a processor a process, and
 * memory as pgBackRest's buffers and zstd's windows need it.
 */
export function besideServer({ backup }: KubernetesEnvironment): {
  readonly cpus: number;
  readonly memory: number;
} {
  const processes = backup.base?.parallelism ?? 1;
  return { cpus: Math.max(0.5, processes / 2), memory: (128 + 128 * processes) * MIB };
}

/** How `pgbackrest server` is asked whether it lives. */
const PING = "/usr/bin/pgbackrest --log-level-console=off server-ping $POD_IP";

/** Shells that ask so, as the kernel shows them. */
export function pingShells(): readonly string[] {
  return [`sh -c ${PING}`];
}

/** What stands in the pods of members: the archive's configuration in the server's container, and `pgbackrest server` beside it. */
export function archiveAttachment(
  environment: KubernetesEnvironment,
  names: ArchiveNames,
  digest: string,
): PodAttachment {
  const { cpus, memory } = besideServer(environment);
  const ownAddress = { valueFrom: { fieldRef: { fieldPath: "status.podIP" } } };
  return {
    annotations: { "pgkeep/archive": digest },
    volumes: [
      projected("archive", names, {
        config: { "member.conf": ARCHIVE_FILES.config },
        secrets: true,
      }),
      projected("archive-server", names, { config: { "server.conf": ARCHIVE_FILES.config } }),
      { name: "archive-spool", emptyDir: { sizeLimit: mebibytes(SPOOL) } },
    ],
    mounts: [
      volume("archive", ARCHIVE_PATHS.config, { readOnly: true }),
      volume("archive-spool", ARCHIVE_PATHS.spool),
    ],
    containers: [
      {
        ...common(environment),
        name: "pgbackrest",
        command: ["/usr/bin/pgbackrest", "server"],
        env: [
          { name: "POD_IP", ...ownAddress },
          { name: "PGBACKREST_TLS_SERVER_ADDRESS", ...ownAddress },
        ],
        ports: [{ name: "pgbackrest", containerPort: PORTS.pgbackrest, protocol: "TCP" }],
        resources: owning(processors(cpus), mebibytes(memory), "256Mi"),
        // Neither of start nor of readiness: a server whose backups are held up serves its clients all the same.
        livenessProbe: {
          exec: { command: ["/bin/sh", "-c", PING] },
          periodSeconds: 60,
          timeoutSeconds: 10,
          failureThreshold: 5,
        },
        volumeMounts: [
          ...commonMounts(),
          volume("data", podDataMount(environment.cluster.version.major), { readOnly: true }),
          volume("archive-server", ARCHIVE_PATHS.config, { readOnly: true }),
        ],
      },
    ],
  };
}
