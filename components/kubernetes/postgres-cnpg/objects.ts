import type { Retention } from "../../declaration/index.js";
import { cnpgName, cnpgPooler, cnpgPoolerHba } from "../../postgres/index.js";
import type { RecoveryPlan } from "../../recovery/index.js";
import { mebibytes, owning } from "../quantity.js";
import type { CnpgPlan } from "./args.js";

/** The plugin by which WAL is archived and base backups are taken; the one in the Cluster itself goes with 1.31. */
export const PLUGIN = "barman-cloud.cloudnative-pg.io";

/** Name of the ObjectStore in a site's namespace. */
export function storeName({ environment: { cluster } }: Pick<CnpgPlan, "environment">): string {
  return `${cluster.name}-archive`;
}

const DAY = 86_400;
const MIB = 1024 ** 2;

/** What the archiver beside each server has: it compresses. */
export const SIDECAR = { cpus: 0.5, memory: 512 * MIB } as const;

/** What each instance of the pooler has: one process on one thread. */
export const POOLER = { cpus: 0.5, memory: 256 * MIB } as const;

/** The plugin keeps by age alone, in whole days. */
export function retentionPolicy({ age }: Pick<Retention, "age">): string {
  return `${Math.ceil(age / DAY)}d`;
}

/** spec of the ObjectStore: where, by which key, encrypted by the store. */
export function storeSpec({ cnpg: { store }, environment: { backup } }: CnpgPlan): object {
  const { path, endpoint, credentials, authority, encryption } = store;
  return {
    ...(backup.base === undefined ? {} : { retentionPolicy: retentionPolicy(backup.base.retention) }),
    configuration: {
      destinationPath: path,
      ...(endpoint === undefined ? {} : { endpointURL: endpoint }),
      ...(authority === undefined ? {} : { endpointCA: { name: authority, key: "ca.crt" } }),
      s3Credentials: {
        accessKeyId: { name: credentials, key: "ACCESS_KEY_ID" },
        secretAccessKey: { name: credentials, key: "ACCESS_SECRET_KEY" },
      },
      wal: { compression: "zstd", encryption, maxParallel: 4 },
      data: {
        compression: "lz4",
        encryption,
        jobs: backup.base?.parallelism ?? 2,
        immediateCheckpoint: true,
      },
    },
    instanceSidecarConfiguration: {
      resources: owning(`${SIDECAR.cpus * 1000}m`, mebibytes(SIDECAR.memory), mebibytes(1024 * MIB)),
    },
  };
}

/** spec of the ScheduledBackup: full base backups into the store. */
export function scheduledSpec({ environment, site }: CnpgPlan, cron: string): object {
  return {
    cluster: { name: cnpgName(environment, site) },
    // The first of six fields is seconds.
    schedule: `0 ${cron}`,
    method: "plugin",
    pluginConfiguration: { name: PLUGIN },
    target: "prefer-standby",
    // The archive alone restores nothing.
    immediate: true,
    suspend: false,
    // Records of backups outlive the schedule that made them.
    backupOwnerReference: "none",
  };
}

/** spec of the Pooler: TLS on both sides, one instance a node. */
export function poolerSpec(
  { environment, cnpg: { pooler }, site }: CnpgPlan,
  plan: RecoveryPlan,
): object | undefined {
  if (pooler === undefined) return undefined;
  const labels = poolerLabels(environment, site);
  return {
    cluster: { name: cnpgName(environment, site) },
    type: "rw",
    instances: pooler.instances,
    pgbouncer: {
      image: pooler.image,
      poolMode: pooler.mode,
      pg_hba: cnpgPoolerHba(plan),
      parameters: {
        max_client_conn: String(pooler.clients),
        default_pool_size: String(pooler.size),
        // The operator's defaults are prefer and verify-ca.
        client_tls_sslmode: "require",
        server_tls_sslmode: "verify-full",
        server_tls_protocols: "tlsv1.3",
        log_connections: "1",
        log_disconnections: "1",
      },
    },
    template: {
      metadata: { labels: { "app.kubernetes.io/part-of": environment.cluster.name } },
      spec: {
        containers: [
          {
            name: "pgbouncer",
            resources: owning(`${POOLER.cpus * 1000}m`, mebibytes(POOLER.memory), mebibytes(256 * MIB)),
          },
        ],
        ...(environment.kubernetes.priorityClass === undefined
          ? {}
          : { priorityClassName: environment.kubernetes.priorityClass }),
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
            ],
          },
        },
      },
    },
  };
}

/** Labels that the operator gives the pods of a pooler. */
export function poolerLabels(environment: CnpgPlan["environment"], site: string): Record<string, string> {
  return { "cnpg.io/poolerName": cnpgPooler(environment, site) };
}
