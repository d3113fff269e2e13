import { GONE } from "./change.js";
import { OBJECTS } from "./stack.js";
import { JOB, JOB_POD, POD, SERVER, type Row } from "./table.js";

const digest = `sha256:${"a".repeat(64)}`;
const image = (reference: string): readonly [string, string, unknown] => [
  "database",
  `${SERVER}.image`,
  reference,
];
const pod = (key: string, value: unknown): readonly [string, string, unknown] => [
  "database",
  `${POD}.${key}`,
  value,
];
const server = (key: string, value: unknown): readonly [string, string, unknown] => [
  "database",
  `${SERVER}.${key}`,
  value,
];
const security = (key: string, value: unknown): readonly [string, string, unknown] =>
  server(`securityContext.${key}`, value);

const [, statefulSet] = OBJECTS["database"] ?? [];
const template = ((statefulSet?.["spec"] ?? {}) as Readonly<Record<string, unknown>>)["template"];
const metadata = { name: "other", namespace: "shop" };

/** Pods: what they run, what they may, how they live. */
export const podRows: readonly Row[] = [
  {
    rule: "kubernetes-image-pinned",
    violating: [
      [image("postgres:18.6"), /postgres is not pinned by a sha256 digest/],
      [image(`postgres@${digest}`), /names no version/],
      [image(`postgres:latest@${digest}`), /postgres:latest is whatever/],
      [image("registry.example.org:5000/postgres"), /not pinned/],
      [image("postgres:18.6@sha256:abc"), /not pinned/],
      [server("image", GONE), /no image is named/],
      [server("image", ["postgres"]), /no image is named/],
      [pod("initContainers[0].image", "busybox"), /busybox/],
      [["cluster", "spec.imageName", "ghcr.io/cloudnative-pg/postgresql:18"], /not pinned/],
      [["scan", `${JOB}.image`, "ghcr.io/aquasecurity/trivy:0.76.2"], /not pinned/],
      [
        pod("volumes[5]", { name: "extra", image: { reference: "tools:latest" } }),
        /\.volumes\[5\]\.image\.reference/,
      ],
      [
        {
          added: {
            pods: {
              type: "kubernetes:core/v1:PodList",
              inputs: { items: [{ metadata, spec: { containers: [{ image: "redis:7" }] } }] },
            },
          },
        },
        /\.items\[0\]\.spec\.containers\[0\]\.image: redis/,
      ],
      [
        {
          added: {
            all: {
              type: "kubernetes:core/v1:List",
              inputs: {
                items: [
                  {
                    apiVersion: "apps/v1",
                    kind: "Deployment",
                    metadata,
                    spec: { template: { spec: { containers: [{ image: "redis:7" }] } } },
                  },
                ],
              },
            },
          },
        },
        /redis is not pinned/,
      ],
      [
        {
          added: {
            patch: {
              type: "kubernetes:apps/v1:DeploymentPatch",
              inputs: { metadata, spec: { template: { spec: { containers: [{ image: "redis:7" }] } } } },
            },
          },
        },
        /redis is not pinned/,
      ],
    ],
    near: [image(`localhost:5000/mirror/postgres:18.6@${digest}`)],
  },
  {
    rule: "kubernetes-image-sound",
    violating: [
      [
        ["scan", `${JOB}.image`, `ghcr.io/aquasecurity/trivy:0.69.4@${digest}`],
        /0\.69\.4 was published with malicious code/,
      ],
      [["scan", `${JOB}.image`, `aquasec/trivy:0.69.5@${digest}`], /malicious/],
      [["scan", `${JOB}.image`, `docker.io/aquasec/trivy:v0.69.6@${digest}`], /malicious/],
      [["scan", `${JOB}.image`, "aquasec/trivy:latest"], /stood for malicious code/],
      [["scan", `${JOB}.image`, "aquasec/trivy"], /stood for malicious code/],
      [image(`ghcr.io/cloudnative-pg/cloudnative-pg:1.28.3@${digest}`), /CVE-2026-55769/],
    ],
    near: [
      ["scan", `${JOB}.image`, `aquasec/trivy:0.69.3@${digest}`],
      ["scan", `${JOB}.image`, `aquasec/trivy:0.70.0@${digest}`],
      ["scan", `${JOB}.image`, `example.org/trivy-report:0.69.4@${digest}`],
      image(`ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0@${digest}`),
    ],
  },
  {
    rule: "kubernetes-image-official",
    violating: [
      [image(`postgresql:18@${digest}`), /postgresql is no official image/],
      [image(`docker.io/library/postgresql:18.6@${digest}`), /no official image/],
    ],
    near: [image(`bitnami/postgresql:18.6.0@${digest}`), image(`docker.io/library/postgres:18.6@${digest}`)],
  },
  {
    rule: "kubernetes-postgres-minor-safe",
    violating: [
      [image(`postgres:17.10@${digest}`), /17\.10 is older than 17\.11/],
      [image(`postgres:18.4-alpine@${digest}`), /18\.4 is older/],
      [image(`postgres:18@${digest}`), /does not say which minor/],
      [image(`postgres:15.12@${digest}`), /PostgreSQL 15 is not supported/],
      [["cluster", "spec.imageName", `ghcr.io/cloudnative-pg/postgresql:17.9@${digest}`], /17\.9/],
    ],
    near: [image(`postgres:17.11@${digest}`), image(`quay.io/prometheus/postgres-exporter:0.15.0@${digest}`)],
  },
  {
    rule: "kubernetes-not-root",
    violating: [
      [pod("securityContext.runAsNonRoot", GONE), /runAsNonRoot is not true/],
      [pod("securityContext.runAsNonRoot", false), /runAsNonRoot/],
      [pod("securityContext.runAsNonRoot", "true"), /runAsNonRoot/],
      [security("runAsNonRoot", false), /\.containers\[0\]\.securityContext\.runAsNonRoot/],
      [security("runAsUser", 0), /user 0 is root/],
      [pod("securityContext.runAsUser", 0), /user 0 is root/],
      [pod("securityContext", GONE), /runAsNonRoot/],
      [["backup", `${JOB_POD}.securityContext.runAsNonRoot`, GONE], /runAsNonRoot/],
      [pod("containers", [[{ name: "nested" }]]), /is no container/],
      [pod("containers", { name: "postgres" }), /is no list of containers/],
      [
        {
          added: {
            list: {
              type: "kubernetes:apps/v1:DaemonSetList",
              inputs: {
                items: [{ metadata, spec: { template: { spec: { containers: [{ name: "agent" }] } } } }],
              },
            },
          },
        },
        /\.items\[0\]/,
      ],
      [
        {
          added: {
            patch: {
              type: "kubernetes:apps/v1:StatefulSetPatch",
              inputs: {
                metadata,
                spec: {
                  template: { spec: { containers: [{ name: "x", securityContext: { runAsUser: 0 } }] } },
                },
              },
            },
          },
        },
        /user 0/,
      ],
    ],
    near: [
      {
        changes: [
          pod("securityContext.runAsNonRoot", GONE),
          security("runAsNonRoot", true),
          pod("initContainers[0].securityContext.runAsNonRoot", true),
        ],
      },
      {
        added: {
          patch: {
            type: "kubernetes:apps/v1:StatefulSetPatch",
            inputs: { metadata, spec: { template: { spec: { containers: [{ name: "x", image: "y" }] } } } },
          },
        },
      },
    ],
  },
  {
    rule: "kubernetes-seccomp",
    violating: [
      [pod("securityContext.seccompProfile", GONE), /no profile is set/],
      [pod("securityContext.seccompProfile.type", "Unconfined"), /Unconfined filters nothing/],
      [security("seccompProfile", { type: "Unconfined" }), /Unconfined/],
    ],
    near: [pod("securityContext.seccompProfile", { type: "Localhost", localhostProfile: "postgres.json" })],
  },
  {
    rule: "kubernetes-capabilities",
    violating: [
      [security("capabilities", GONE), /ALL is not dropped/],
      [security("capabilities.drop", ["NET_RAW"]), /ALL is not dropped/],
      [security("capabilities.drop", "ALL"), /ALL is not dropped/],
      [security("capabilities.add", ["SYS_ADMIN"]), /SYS_ADMIN is added/],
      [pod("initContainers[0].securityContext.capabilities.drop", GONE), /initContainers\[0\]/],
    ],
    near: [security("capabilities.add", ["NET_BIND_SERVICE"])],
  },
  {
    rule: "kubernetes-no-escalation",
    violating: [
      [security("allowPrivilegeEscalation", GONE), /allowPrivilegeEscalation is not false/],
      [security("allowPrivilegeEscalation", true), /allowPrivilegeEscalation/],
      [security("allowPrivilegeEscalation", "false"), /allowPrivilegeEscalation/],
    ],
  },
  {
    rule: "kubernetes-not-privileged",
    violating: [
      [security("privileged", true), /privileged is set/],
      [security("procMount", "Unmasked"), /procMount/],
      [pod("securityContext.windowsOptions", { hostProcess: true }), /hostProcess/],
      [pod("securityContext.appArmorProfile", { type: "Unconfined" }), /AppArmor is off/],
      [security("seLinuxOptions", { role: "sysadm_r" }), /SELinux role/],
    ],
    near: [
      security("privileged", false),
      security("procMount", "Default"),
      security("appArmorProfile", { type: "RuntimeDefault" }),
    ],
  },
  {
    rule: "kubernetes-no-host-namespaces",
    violating: [
      [pod("hostNetwork", true), /hostNetwork is set/],
      [pod("hostPID", true), /hostPID/],
      [pod("hostIPC", true), /hostIPC/],
      [server("ports[0].hostPort", 5432), /port of the node/],
      [pod("securityContext.sysctls", [{ name: "kernel.msgmax", value: "1" }]), /none of the safe ones/],
      [server("livenessProbe", { tcpSocket: { host: "10.0.0.1", port: 1 } }), /another host/],
    ],
    near: [
      pod("hostNetwork", false),
      server("ports[0].hostPort", 0),
      pod("securityContext.sysctls", [{ name: "net.ipv4.tcp_syncookies", value: "1" }]),
    ],
  },
  {
    rule: "kubernetes-volumes-restricted",
    violating: [
      [pod("volumes[5]", { name: "data", hostPath: { path: "/srv" } }), /volume of the kind hostPath/],
      [pod("volumes[5]", { name: "x", nfs: { server: "a", path: "/" } }), /kind nfs/],
      [["backup", `${JOB_POD}.volumes[0]`, { name: "x", hostPath: { path: "/" } }], /hostPath/],
    ],
    near: [
      pod("volumes[5]", { name: "x", ephemeral: { volumeClaimTemplate: {} } }),
      pod("volumes[5]", { name: "x", hostPath: null, emptyDir: {} }),
    ],
  },
  {
    rule: "kubernetes-root-read-only",
    violating: [
      [security("readOnlyRootFilesystem", GONE), /readOnlyRootFilesystem is not true/],
      [security("readOnlyRootFilesystem", false), /readOnlyRootFilesystem/],
      [pod("ephemeralContainers", [{ name: "debug", securityContext: {} }]), /ephemeralContainers\[0\]/],
    ],
  },
  {
    rule: "kubernetes-namespace-level",
    violating: [
      [["namespace-jobs", "metadata.labels", GONE], /no level is enforced/],
      [
        ["namespace-jobs", 'metadata.labels."pod-security.kubernetes.io/enforce"', "strict"],
        /strict is no level/,
      ],
      [
        ["namespace-jobs", 'metadata.labels."pod-security.kubernetes.io/enforce-version"', "latest"],
        /latest is not pinned/,
      ],
      [
        ["namespace-jobs", 'metadata.labels."pod-security.kubernetes.io/enforce-version"', GONE],
        /not pinned/,
      ],
    ],
  },
  {
    rule: "kubernetes-database-namespace-restricted",
    violating: [
      [
        ["namespace-shop", 'metadata.labels."pod-security.kubernetes.io/enforce"', "baseline"],
        /shop holds StatefulSet orders and enforces baseline/,
      ],
      [
        ["namespace-ledger", 'metadata.labels."pod-security.kubernetes.io/enforce"', GONE],
        /Cluster ledger and enforces nothing/,
      ],
    ],
    near: [["namespace-jobs", 'metadata.labels."pod-security.kubernetes.io/enforce"', "baseline"]],
  },
  {
    rule: "kubernetes-namespace-named",
    violating: [
      [["database", "metadata.namespace", GONE], /no namespace is named/],
      [["secret", "metadata.namespace", "default"], /default is used/],
      [["service", "metadata.namespace", "kube-system"], /kube-system is used/],
    ],
  },
  {
    rule: "kubernetes-database-guaranteed",
    violating: [
      [server("resources.limits.memory", GONE), /no limit of memory/],
      [server("resources.requests.memory", "2Gi"), /memory: 2Gi is requested and 4Gi allowed/],
      [server("resources.requests.cpu", "500m"), /cpu: 500m is requested/],
      [server("resources", GONE), /no limit of cpu/],
      [pod("initContainers[0].resources", GONE), /initContainers\[0\]/],
      [server("resources.limits.cpu", "many"), /no limit of cpu/],
    ],
    near: [
      server("resources", { limits: { cpu: "2", memory: "4Gi" } }),
      server("resources.requests", { cpu: 2, memory: "4096Mi" }),
    ],
  },
  {
    rule: "kubernetes-operated-guaranteed",
    violating: [
      [["cluster", "spec.resources", GONE], /no limit of cpu/],
      [["cluster", "spec.resources.requests.memory", "1Gi"], /1Gi is requested/],
    ],
  },
  {
    rule: "kubernetes-resources-limited",
    violating: [
      [["backup", `${JOB}.resources`, GONE], /no limit of memory/],
      [["backup", `${JOB}.resources`, { limits: { memory: "1Gi" } }], /no request of cpu/],
    ],
    near: [["backup", `${JOB}.resources`, { limits: { memory: "1Gi" }, requests: { cpu: "100m" } }]],
  },
  {
    rule: "kubernetes-database-stateful",
    violating: [
      [
        {
          added: {
            other: { type: "kubernetes:apps/v1:Deployment", inputs: { metadata, spec: { template } } },
          },
        },
        /Deployment other runs a database/,
      ],
      [
        {
          added: { other: { type: "kubernetes:core/v1:Pod", inputs: { ...(template as object), metadata } } },
        },
        /Pod other/,
      ],
      [
        {
          added: {
            other: {
              type: "kubernetes:apps/v1:Deployment",
              inputs: { metadata, spec: { replicas: 2, strategy: { type: "Recreate" }, template } },
            },
          },
        },
        /Deployment other/,
      ],
    ],
    near: [
      {
        added: {
          other: {
            type: "kubernetes:apps/v1:Deployment",
            inputs: { metadata, spec: { strategy: { type: "Recreate" }, template } },
          },
        },
      },
      {
        added: {
          other: {
            type: "kubernetes:apps/v1:Deployment",
            inputs: {
              metadata,
              spec: {
                template: { spec: { containers: [{ image: `postgres:18.6@${digest}`, command: ["psql"] }] } },
              },
            },
          },
        },
      },
      {
        added: {
          other: {
            type: "kubernetes:apps/v1:Deployment",
            inputs: {
              metadata,
              spec: {
                template: {
                  spec: {
                    containers: [{ image: `quay.io/prometheuscommunity/postgres-exporter:0.17@${digest}` }],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
  {
    rule: "kubernetes-database-grace",
    violating: [
      [pod("terminationGracePeriodSeconds", GONE), /30 s only/],
      [pod("terminationGracePeriodSeconds", 0), /0 s only/],
      [pod("terminationGracePeriodSeconds", "180"), /180 s only/],
    ],
    near: [pod("terminationGracePeriodSeconds", 120)],
  },
  {
    rule: "kubernetes-database-probes",
    violating: [
      [server("startupProbe", GONE), /no startup probe before it/],
      [server("startupProbe.failureThreshold", 3), /recovery has 30 s only/],
      [server("startupProbe.failureThreshold", GONE), /recovery has 30 s only/],
      [server("readinessProbe", GONE), /no readiness probe/],
      [
        {
          changes: [
            server("livenessProbe", { exec: { command: ["x"] } }),
            server("readinessProbe", { exec: { command: ["x"] } }),
          ],
        },
        /the same/,
      ],
    ],
    near: [
      { changes: [server("livenessProbe", GONE), server("startupProbe", GONE)] },
      server("startupProbe.initialDelaySeconds", 60),
    ],
  },
  {
    rule: "kubernetes-probe-names-user",
    violating: [
      [server("livenessProbe.exec.command", ["pg_isready", "-h", "127.0.0.1"]), /pg_isready without a user/],
    ],
    near: [
      server("livenessProbe.exec.command", ["pg_isready", "--username=postgres"]),
      {
        changes: [
          server("livenessProbe.exec.command", ["pg_isready"]),
          server("env[3]", { name: "PGUSER", value: "postgres" }),
        ],
      },
    ],
  },
  {
    rule: "kubernetes-database-priority",
    violating: [[pod("priorityClassName", GONE), /no priority class/]],
  },
  {
    rule: "kubernetes-database-shared-memory",
    violating: [
      [server("volumeMounts[5]", GONE), /nothing is mounted on \/dev\/shm/],
      [pod("volumes[4].emptyDir.medium", GONE), /not in memory/],
      [pod("volumes[4].emptyDir.sizeLimit", GONE), /no limit/],
    ],
  },
  {
    rule: "kubernetes-database-spread",
    violating: [
      [pod("affinity", GONE), /2 members, and nothing keeps them apart/],
      [
        pod("affinity.podAntiAffinity", {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100 }],
        }),
        /apart/,
      ],
      [
        {
          changes: [
            pod("affinity", GONE),
            pod("topologySpreadConstraints", [{ maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" }]),
          ],
        },
        /apart/,
      ],
    ],
    near: [
      {
        changes: [
          pod("affinity", GONE),
          pod("topologySpreadConstraints", [
            { maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", topologyKey: "kubernetes.io/hostname" },
          ]),
        ],
      },
      { changes: [pod("affinity", GONE), ["database", "spec.replicas", 1]] },
    ],
  },
  {
    rule: "kubernetes-operated-spread",
    violating: [
      [["cluster", "spec.affinity", GONE], /nothing keeps instances/],
      [["cluster", "spec.affinity.podAntiAffinityType", "preferred"], /nothing keeps/],
      [["cluster", "spec.affinity.enablePodAntiAffinity", false], /nothing keeps/],
    ],
    near: [
      {
        changes: [
          ["cluster", "spec.affinity", GONE],
          ["cluster", "spec.topologySpreadConstraints", [{ maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }]],
        ],
      },
    ],
  },
  {
    rule: "kubernetes-database-budget",
    violating: [
      [{ without: ["budget"] }, /no budget selects the pods of StatefulSet orders/],
      [["budget", "metadata.namespace", "jobs"], /no budget/],
      [["budget", "spec.selector.matchLabels.app", "other"], /no budget/],
    ],
    near: [
      ["budget", "spec.selector", { matchExpressions: [{ key: "app", operator: "In", values: ["orders"] }] }],
      ["budget", "spec.selector", {}],
      { without: ["budget"], changes: [["database", "spec.replicas", 1]] },
    ],
  },
  {
    rule: "kubernetes-budget-lets-drain",
    violating: [
      [["budget", "spec.maxUnavailable", 0], /nothing may be evicted/],
      [["budget", "spec.minAvailable", "100%"], /all must stay/],
    ],
  },
  {
    rule: "kubernetes-operated-budget",
    violating: [[["cluster", "spec.enablePDB", false], /switched off/]],
    near: [["cluster", "spec.enablePDB", GONE]],
  },
  {
    rule: "kubernetes-data-on-claim",
    violating: [
      [server("volumeMounts[0].mountPath", "/var/lib/postgresql/data"), /18 refuses to start/],
      [
        server("volumeMounts[0].mountPath", "/data"),
        /nothing is mounted on \/var\/lib\/postgresql\/18\/docker/,
      ],
      [server("volumeMounts", []), /nothing is mounted/],
      [image(`postgres:17.11@${digest}`), /is a volume of the image, which hides/],
      [
        {
          changes: [
            image(`postgres:17.11@${digest}`),
            server("volumeMounts[0].mountPath", "/var/lib/postgresql/data"),
          ],
        },
        /lost\+found/,
      ],
      [
        {
          changes: [
            ["database", "spec.volumeClaimTemplates", GONE],
            pod("volumes[5]", { name: "data", emptyDir: {} }),
          ],
        },
        /goes with the pod/,
      ],
      [["database", "spec.volumeClaimTemplates", GONE], /nowhere declared/],
    ],
    near: [
      {
        changes: [
          image(`postgres:17.11@${digest}`),
          server("volumeMounts[0].mountPath", "/var/lib/postgresql/data"),
          server("env[3]", { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" }),
        ],
      },
      {
        changes: [
          ["database", "spec.volumeClaimTemplates", GONE],
          pod("volumes[5]", { name: "data", persistentVolumeClaim: { claimName: "x" } }),
        ],
      },
    ],
  },
  {
    rule: "kubernetes-claims-retained",
    violating: [
      [["database", "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"], /claims are deleted/],
      [["database", "spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Delete"], /claims are deleted/],
    ],
    near: [["database", "spec.persistentVolumeClaimRetentionPolicy", GONE]],
  },
  {
    rule: "kubernetes-claim-single-writer",
    violating: [
      [["database", "spec.volumeClaimTemplates[0].spec.accessModes", ["ReadWriteMany"]], /many nodes/],
    ],
    near: [["database", "spec.volumeClaimTemplates[0].spec.accessModes", ["ReadWriteOnce"]]],
  },
  {
    rule: "kubernetes-data-protected",
    violating: [
      [
        ["namespace-shop", ".protect", false],
        /Namespace shop, with the data of StatefulSet orders, can be deleted/,
      ],
      [["cluster", ".protect", false], /Cluster ledger can be deleted/],
      [
        {
          changes: [pod("volumes[5]", { name: "data", persistentVolumeClaim: { claimName: "orders-data" } })],
          added: {
            claim: {
              type: "kubernetes:core/v1:PersistentVolumeClaim",
              inputs: { metadata: { name: "orders-data", namespace: "shop" } },
              more: { protect: false },
            },
          },
        },
        /PersistentVolumeClaim orders-data/,
      ],
    ],
    near: [
      ["report-claim", ".protect", false],
      ["namespace-jobs", ".protect", false],
    ],
  },
  {
    rule: "kubernetes-storage-retained",
    violating: [
      [["storage-class", "reclaimPolicy", "Delete"], /Delete for the volumes of StatefulSet orders/],
      [["storage-class", "reclaimPolicy", GONE], /Delete for the volumes/],
    ],
    near: [
      {
        changes: [
          ["storage-class", "reclaimPolicy", "Delete"],
          ["storage-class", "metadata.name", "cache"],
        ],
      },
    ],
  },
  {
    rule: "kubernetes-volume-retained",
    violating: [[["persistent-volume", "spec.persistentVolumeReclaimPolicy", "Delete"], /Delete is set/]],
    near: [["persistent-volume", "spec.persistentVolumeReclaimPolicy", GONE]],
  },
  {
    rule: "kubernetes-token-not-mounted",
    violating: [
      [pod("automountServiceAccountToken", GONE), /since nothing is said/],
      [pod("automountServiceAccountToken", true), /a token is mounted/],
      [["scan", `${JOB_POD}.automountServiceAccountToken`, true], /a token is mounted/],
      [["backup", `${JOB_POD}.automountServiceAccountToken`, GONE], /nothing is said/],
    ],
    near: [
      ["backup", `${JOB_POD}.automountServiceAccountToken`, true],
      {
        changes: [
          pod("automountServiceAccountToken", true),
          server("env[3]", { name: "PATRONI_KUBERNETES_LABELS", value: "{}" }),
        ],
      },
    ],
  },
  {
    rule: "kubernetes-own-account",
    violating: [
      [pod("serviceAccountName", GONE), /default account is used/],
      [pod("serviceAccountName", "default"), /default account/],
      [["scan", `${JOB_POD}.serviceAccountName`, ""], /default account/],
    ],
  },
  {
    rule: "kubernetes-no-secret-in-pod",
    violating: [
      [
        server("env[0]", { name: "POSTGRES_PASSWORD", value: "hunter2" }),
        /POSTGRES_PASSWORD is set in clear/,
      ],
      [
        server("env[0]", { name: "DATABASE_URL", value: "postgres://app:hunter2hunter2@db/shop" }),
        /a password in an address/,
      ],
      [
        server("args", ["-c", "primary_conninfo=host=a password=hunter2hunter2"]),
        /command line holds a password/,
      ],
      [
        ["backup", `${JOB}.command`, ["sh", "-c", "PGPASSWORD=hunter2hunter2 pg_dump"]],
        /command line holds a password/,
      ],
    ],
    near: [
      server("env[0]", {
        name: "POSTGRES_PASSWORD",
        valueFrom: { secretKeyRef: { name: "orders", key: "password" } },
      }),
      server("env[0]", { name: "API_TOKEN", value: "$(TOKEN_FROM_FILE)" }),
    ],
  },
  {
    rule: "kubernetes-secret-as-file",
    violating: [
      [
        server("env[0]", {
          name: "POSTGRES_PASSWORD",
          valueFrom: { secretKeyRef: { name: "orders", key: "password" } },
        }),
        /comes from a Secret/,
      ],
      [server("envFrom", [{ secretRef: { name: "orders" } }]), /whole Secret/],
    ],
    near: [server("envFrom", [{ configMapRef: { name: "orders" } }])],
  },
  {
    rule: "kubernetes-no-secret-in-configmap",
    violating: [
      [
        ["config", 'data."recovery.conf"', "primary_conninfo = 'host=a password=hunter2hunter2'"],
        /holds a password/,
      ],
      [["config", 'data.".pgpass"', "*:*:*:app:hunter2"], /the key is one for a secret/],
      [["config", "data.replication_password", "hunter2"], /the key is one/],
      [
        [
          "config",
          "binaryData.settings",
          Buffer.from("repo1-cipher-pass=hunter2hunter2hunter2hunter2\n").toString("base64"),
        ],
        /holds a password/,
      ],
      [["config", 'data."tls.key"', "-----BEGIN PRIVATE KEY-----"], /key is one/],
    ],
    near: [
      ["config", 'data."postgresql.conf"', "password_encryption = 'scram-sha-256'\narchive_mode = on"],
      ["config", "data.password_file", "/run/secrets/password"],
      ["config", "data.password", "${PASSWORD}"],
    ],
  },
  {
    rule: "kubernetes-no-secret-in-object",
    violating: [
      [
        ["service", "metadata.annotations.note", "postgres://app:hunter2hunter2@db/shop"],
        /a password in an address/,
      ],
      [
        ["cluster", "spec.externalClusters", [{ name: "a", connectionParameters: { password: "hunter2" } }]],
        /secret by its name/,
      ],
      [["location", "spec.config.secretAccessKeyToken", "AbC/hunter2hunter2"], /secret by its name/],
    ],
    near: [
      ["cluster", "spec.externalClusters", [{ name: "a", password: { name: "replica", key: "password" } }]],
      ["cluster", "spec.superuserSecret", { name: "ledger-superuser" }],
      ["secret", "stringData.other", "hunter2"],
    ],
  },
];
