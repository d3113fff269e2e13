import { Node } from "../../../policy/node.js";
import type { Subject } from "../../../policy/index.js";

/*
 * A stack with databases, written by hand from raw resources, that keeps every rule: a StatefulSet of the official image, a
 * Cluster of CloudNativePG, and what belongs beside them.
 */

export type Properties = Readonly<Record<string, unknown>>;

const digest = (character: string): string => `sha256:${character.repeat(64)}`;
const meta = (name: string, namespace?: string, more: Properties = {}): Properties => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  ...more,
});

export const RESTRICTED: Properties = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
const POD_SECURITY: Properties = {
  runAsNonRoot: true,
  runAsUser: 999,
  runAsGroup: 999,
  fsGroup: 999,
  seccompProfile: { type: "RuntimeDefault" },
};
const OWN: Properties = { limits: { cpu: "2", memory: "4Gi" }, requests: { cpu: "2000m", memory: "4096Mi" } };

export const HBA = `local all postgres peer
hostssl replication replicator 10.20.1.0/24 scram-sha-256
hostssl shop shop_app 10.20.2.0/24 scram-sha-256
host all all 0.0.0.0/0 reject
host all all ::/0 reject
`;
export const SERVER = `ssl = on
ssl_min_protocol_version = 'TLSv1.3'
password_encryption = 'scram-sha-256'
log_connections = 'authentication,authorization'
archive_mode = on
archive_command = 'pgbackrest --stanza=main archive-push %p'
fsync = on
full_page_writes = on
shared_preload_libraries = 'pgaudit'
`;
export const REPOSITORY = `[global]
repo1-type=s3
repo1-s3-endpoint=objects.example.org
repo1-cipher-type=aes-256-cbc
repo1-retention-full-type=time
repo1-retention-full=7
[main]
pg1-path=/var/lib/postgresql/18/docker
`;
const FALCO = `- rule: Shell in a database
  desc: A shell was started in the pod of a database
  condition: evt.type in (execve,execveat) and container.id != host and container.image.repository endswith postgres and proc.name in (sh,bash) and not proc.pname in (docker-entrypoi,postgres)
  output: shell in a database (command=%proc.cmdline)
  priority: WARNING
- rule: Stranger at a database
  desc: A connection from outside the networks of the applications
  condition: evt.type in (accept,accept4) and fd.sport=5432 and proc.name=postgres and not fd.cnet in ("10.0.0.0/8")
  output: stranger at a database (address=%fd.cip)
  priority: CRITICAL
`;

const isReady = { exec: { command: ["pg_isready", "-U", "postgres", "-h", "127.0.0.1"] } };

const server: Properties = {
  name: "postgres",
  image: `postgres:18.6-trixie@${digest("a")}`,
  args: ["-c", "config_file=/etc/postgresql/postgresql.conf"],
  env: [
    { name: "POSTGRES_PASSWORD_FILE", value: "/run/secrets/postgres/password" },
    { name: "POSTGRES_INITDB_ARGS", value: "--auth=scram-sha-256 --data-checksums" },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ],
  ports: [{ name: "postgres", containerPort: 5432 }],
  securityContext: RESTRICTED,
  resources: OWN,
  startupProbe: { ...isReady, periodSeconds: 10, failureThreshold: 90 },
  livenessProbe: { ...isReady, periodSeconds: 30, failureThreshold: 6 },
  readinessProbe: { exec: { command: ["psql", "-U", "postgres", "-Atc", "SELECT 1"] }, periodSeconds: 10 },
  volumeMounts: [
    { name: "data", mountPath: "/var/lib/postgresql" },
    { name: "config", mountPath: "/etc/postgresql" },
    { name: "secret", mountPath: "/run/secrets/postgres" },
    { name: "tmp", mountPath: "/tmp" },
    { name: "run", mountPath: "/var/run/postgresql" },
    { name: "shm", mountPath: "/dev/shm" },
  ],
};

const databasePod: Properties = {
  metadata: {
    labels: { app: "orders" },
    annotations: {
      "pre.hook.backup.velero.io/container": "postgres",
      "pre.hook.backup.velero.io/command": '["psql", "-U", "checkpointer", "-c", "CHECKPOINT"]',
      "pre.hook.backup.velero.io/on-error": "Continue",
      "pre.hook.backup.velero.io/timeout": "5m",
    },
  },
  spec: {
    serviceAccountName: "orders",
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 180,
    priorityClassName: "database",
    securityContext: POD_SECURITY,
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: "orders" } }, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    },
    topologySpreadConstraints: [],
    initContainers: [
      {
        name: "password-file",
        image: `postgres:18.6-trixie@${digest("a")}`,
        command: ["cp", "/run/secrets/replication/pgpass", "/tmp/pgpass"],
        securityContext: RESTRICTED,
        resources: OWN,
      },
    ],
    containers: [server],
    volumes: [
      { name: "config", configMap: { name: "orders" } },
      { name: "secret", secret: { secretName: "orders" } },
      { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
      { name: "run", emptyDir: {} },
      { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
    ],
  },
};

/** A CronJob with one container. */
export const cronJob = (
  name: string,
  schedule: string,
  container: Properties,
  volumes: readonly Properties[] = [],
): Properties => ({
  metadata: meta(name, "jobs"),
  spec: {
    schedule,
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 600,
    suspend: false,
    jobTemplate: {
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 3600,
        template: {
          metadata: { labels: { job: name } },
          spec: {
            restartPolicy: "Never",
            serviceAccountName: name,
            automountServiceAccountToken: false,
            securityContext: POD_SECURITY,
            containers: [{ name, securityContext: RESTRICTED, resources: OWN, ...container }],
            volumes,
          },
        },
      },
    },
  },
});

const namespace = (name: string, level = "restricted"): Properties => ({
  metadata: meta(name, undefined, {
    labels: {
      "pod-security.kubernetes.io/enforce": level,
      "pod-security.kubernetes.io/enforce-version": "v1.34",
    },
  }),
});
const denyAll = (of: string): Properties => ({
  metadata: meta("default-deny", of),
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
});
const calico = (name: string, order: number, spec: Properties): Properties => ({
  metadata: { name },
  spec: { tier: "default", order, ...spec },
});

const CORE = "kubernetes:core/v1:";

/** Type and inputs of every object, by the name of its resource. */
export const OBJECTS: Readonly<Record<string, readonly [type: string, inputs: Properties]>> = {
  "namespace-shop": [`${CORE}Namespace`, namespace("shop")],
  "namespace-ledger": [`${CORE}Namespace`, namespace("ledger")],
  "namespace-jobs": [`${CORE}Namespace`, namespace("jobs")],
  "namespace-velero": [`${CORE}Namespace`, namespace("velero", "privileged")],
  account: [
    `${CORE}ServiceAccount`,
    { metadata: meta("orders", "shop"), automountServiceAccountToken: false },
  ],
  config: [
    `${CORE}ConfigMap`,
    { metadata: meta("orders", "shop"), data: { "postgresql.conf": SERVER, "pg_hba.conf": HBA } },
  ],
  repository: [
    `${CORE}ConfigMap`,
    { metadata: meta("pgbackrest", "shop"), data: { "pgbackrest.conf": REPOSITORY } },
  ],
  secret: [`${CORE}Secret`, { metadata: meta("orders", "shop"), stringData: { password: "hunter2hunter2" } }],
  "storage-class": [
    "kubernetes:storage.k8s.io/v1:StorageClass",
    { metadata: meta("database"), provisioner: "csi.example.org", reclaimPolicy: "Retain" },
  ],
  "persistent-volume": [
    `${CORE}PersistentVolume`,
    {
      metadata: meta("archive"),
      spec: { persistentVolumeReclaimPolicy: "Retain", csi: { driver: "csi.example.org" } },
    },
  ],
  database: [
    "kubernetes:apps/v1:StatefulSet",
    {
      metadata: meta("orders", "shop"),
      spec: {
        replicas: 2,
        serviceName: "orders",
        selector: { matchLabels: { app: "orders" } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        template: databasePod,
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: {
              accessModes: ["ReadWriteOncePod"],
              storageClassName: "database",
              resources: { requests: { storage: "20Gi" } },
            },
          },
        ],
      },
    },
  ],
  budget: [
    "kubernetes:policy/v1:PodDisruptionBudget",
    {
      metadata: meta("orders", "shop"),
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: { app: "orders" } },
      },
    },
  ],
  service: [
    `${CORE}Service`,
    {
      metadata: meta("orders", "shop"),
      spec: { type: "ClusterIP", ports: [{ port: 5432 }], selector: { app: "orders" } },
    },
  ],
  balancer: [
    `${CORE}Service`,
    {
      metadata: meta("orders-outside", "shop"),
      spec: { type: "LoadBalancer", loadBalancerSourceRanges: ["10.20.2.0/24"], ports: [{ port: 5432 }] },
    },
  ],
  "deny-shop": ["kubernetes:networking.k8s.io/v1:NetworkPolicy", denyAll("shop")],
  "allow-shop": [
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    {
      metadata: meta("orders", "shop"),
      spec: {
        podSelector: { matchLabels: { app: "orders" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [
              {
                podSelector: { matchLabels: { app: "shop" } },
                namespaceSelector: { matchLabels: { team: "shop" } },
              },
            ],
            ports: [{ protocol: "TCP", port: 5432 }],
          },
        ],
        egress: [
          { to: [{ ipBlock: { cidr: "10.20.9.10/32" } }], ports: [{ protocol: "TCP", port: 443 }] },
          { ports: [{ protocol: "UDP", port: 53 }, { protocol: "TCP", port: 53 }] }, // prettier-ignore
        ],
      },
    },
  ],
  "calico-allow": [
    "kubernetes:projectcalico.org/v3:NetworkPolicy",
    {
      metadata: meta("ledger-clients", "ledger"),
      spec: {
        tier: "default",
        order: 10,
        selector: "cnpg.io/cluster == 'ledger'",
        types: ["Ingress"],
        ingress: [
          {
            action: "Allow",
            protocol: "TCP",
            source: { selector: "app == 'ledger'", namespaceSelector: "team == 'ledger'" },
            destination: { ports: [5432] },
          },
        ],
      },
    },
  ],
  "calico-deny": [
    "kubernetes:projectcalico.org/v3:GlobalNetworkPolicy",
    calico("final-deny", 1000, {
      selector: "all()",
      types: ["Ingress", "Egress"],
      ingress: [{ action: "Log" }, { action: "Deny" }],
      egress: [{ action: "Log" }, { action: "Deny" }],
    }),
  ],
  role: [
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
    {
      metadata: meta("backup", "shop"),
      rules: [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
        { apiGroups: [""], resources: ["secrets"], resourceNames: ["orders"], verbs: ["get"] },
      ],
    },
  ],
  "cluster-role": [
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    { metadata: meta("node-reader"), rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }] },
  ],
  binding: [
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    {
      metadata: meta("backup", "shop"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "backup" },
      subjects: [{ kind: "ServiceAccount", name: "backup", namespace: "jobs" }],
    },
  ],
  cluster: [
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    {
      metadata: meta("ledger", "ledger"),
      spec: {
        instances: 3,
        imageName: `ghcr.io/cloudnative-pg/postgresql:18.6-system-trixie@${digest("b")}`,
        enableSuperuserAccess: false,
        enablePDB: true,
        affinity: { podAntiAffinityType: "required", topologyKey: "kubernetes.io/hostname" },
        resources: OWN,
        storage: { size: "50Gi", storageClass: "database" },
        postgresql: {
          parameters: { "pgaudit.log": "ddl,role,write", log_connections: "authentication,authorization" },
          pg_hba: ["hostssl ledger ledger_app 10.20.3.0/24 scram-sha-256", "host all all all reject"],
          synchronous: { method: "any", number: 1 },
          enableAlterSystem: false,
        },
        managed: {
          roles: [{ name: "ledger_app", login: true, superuser: false }],
          services: {
            additional: [{ selectorType: "rw", serviceTemplate: { spec: { type: "ClusterIP" } } }],
          },
        },
        plugins: [
          {
            name: "barman-cloud.cloudnative-pg.io",
            isWALArchiver: true,
            parameters: { barmanObjectName: "ledger" },
          },
        ],
      },
    },
  ],
  "scheduled-backup": [
    "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup",
    {
      metadata: meta("ledger", "ledger"),
      spec: {
        schedule: "0 0 2 * * *",
        suspend: false,
        backupOwnerReference: "none",
        cluster: { name: "ledger" },
        method: "plugin",
      },
    },
  ],
  location: [
    "kubernetes:velero.io/v1:BackupStorageLocation",
    {
      metadata: meta("default", "velero"),
      spec: {
        provider: "aws",
        default: true,
        accessMode: "ReadWrite",
        objectStorage: { bucket: "backups", prefix: "a" },
        config: { s3Url: "https://objects.example.org", insecureSkipTLSVerify: "false", kmsKeyId: "backups" },
        credential: { name: "objects", key: "cloud" },
      },
    },
  ],
  "repository-password": [
    `${CORE}Secret`,
    {
      metadata: meta("velero-repo-credentials", "velero"),
      stringData: { "repository-password": "hunter2hunter2" },
    },
  ],
  schedule: [
    "kubernetes:velero.io/v1:Schedule",
    {
      metadata: meta("databases", "velero"),
      spec: {
        schedule: "0 2 * * *",
        paused: false,
        useOwnerReferencesInBackup: false,
        template: {
          includedNamespaces: ["shop", "ledger"],
          storageLocation: "default",
          snapshotMoveData: true,
          ttl: "720h",
          csiSnapshotTimeout: "10m",
          hooks: {
            resources: [
              {
                name: "checkpoint",
                includedNamespaces: ["ledger"],
                pre: [
                  {
                    exec: {
                      container: "postgres",
                      command: ["psql", "-c", "CHECKPOINT"],
                      onError: "Continue",
                      timeout: "5m",
                    },
                  },
                ],
              },
            ],
          },
        },
      },
    },
  ],
  "report-claim": [
    `${CORE}PersistentVolumeClaim`,
    { metadata: meta("reports", "jobs"), spec: { accessModes: ["ReadWriteOnce"] } },
  ],
  scan: [
    "kubernetes:batch/v1:CronJob",
    cronJob(
      "scan",
      "0 2 * * *",
      {
        image: `ghcr.io/aquasecurity/trivy:0.76.2@${digest("c")}`,
        args: [
          "image",
          "--severity",
          "HIGH,CRITICAL",
          "--format",
          "json",
          "--output",
          "/reports/postgres.json",
          "--exit-code",
          "10",
          `postgres:18.6@${digest("a")}`,
        ],
        volumeMounts: [{ name: "reports", mountPath: "/reports" }],
      },
      [{ name: "reports", persistentVolumeClaim: { claimName: "reports" } }],
    ),
  ],
  backup: [
    "kubernetes:batch/v1:CronJob",
    cronJob("backup", "0 1 * * *", {
      image: `registry.example.org/pgbackrest:2.60.0@${digest("d")}`,
      command: ["pgbackrest", "--stanza=main", "backup"],
    }),
  ],
  drill: [
    "kubernetes:batch/v1:CronJob",
    cronJob("drill", "0 4 1 * *", {
      image: `registry.example.org/pgkeep:0.2.0@${digest("e")}`,
      command: ["pgkeep", "drill", "restore"],
    }),
  ],
  falco: [`${CORE}ConfigMap`, { metadata: meta("falco-rules", "falco"), data: { "postgres.yaml": FALCO } }],
};

export type ObjectName = keyof typeof OBJECTS;

/** A resource of a type with these inputs. */
export function resource(type: string, name: string, inputs: unknown, more: Partial<Subject> = {}): Subject {
  return {
    type,
    name,
    urn: `urn:pulumi:test::test::${type}::${name}`,
    inputs: new Node(inputs),
    protect: true,
    provider: "cluster-a",
    // Pulumi's SDK for Kubernetes makes these secret itself.
    secretPaths: type.endsWith(":Secret") ? [".data", ".stringData"] : [],
    ...more,
  };
}

/** The stack. */
export function compliantStack(): Subject[] {
  return Object.entries(OBJECTS).map(([name, [type, inputs]]) => resource(type, name, inputs));
}
