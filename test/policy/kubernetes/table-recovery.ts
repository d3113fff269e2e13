import { GONE, type Added } from "./change.js";
import { JOB, JOB_POD, POD, type Row, type Variation } from "./table.js";

const schedule = (path: string, value: unknown): readonly [string, string, unknown] => [
  "schedule",
  `spec.${path}`,
  value,
];
const template = (path: string, value: unknown): readonly [string, string, unknown] =>
  schedule(`template.${path}`, value);
const hook = (path: string, value: unknown): readonly [string, string, unknown] =>
  template(`hooks.resources[0].pre[0].exec.${path}`, value);
const annotation = (key: string, value: unknown): readonly [string, string, unknown] => [
  "database",
  `spec.template.metadata.annotations."${key}"`,
  value,
];
const location = (path: string, value: unknown): readonly [string, string, unknown] => [
  "location",
  `spec.${path}`,
  value,
];
const cluster = (path: string, value: unknown): readonly [string, string, unknown] => [
  "cluster",
  `spec.${path}`,
  value,
];
const backupJob = (path: string, value: unknown): readonly [string, string, unknown] => [
  "backup",
  `spec.${path}`,
  value,
];
const falco = (text: string): readonly [string, string, unknown] => ["falco", 'data."postgres.yaml"', text];

const falcoRule = (condition: string): string =>
  `- rule: r\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: WARNING\n`;
const action = (kind: string): Readonly<Record<string, Added>> => ({
  action: {
    type: `kubernetes:velero.io/v1:${kind}`,
    inputs: { metadata: { name: "once", namespace: "velero" }, spec: {} },
  },
});
/** A location in another cluster, on the same bucket. */
const second = (accessMode: string, provider: string): Variation => ({
  added: {
    second: {
      type: "kubernetes:velero.io/v1:BackupStorageLocation",
      inputs: {
        metadata: { name: "default", namespace: "velero" },
        spec: {
          provider: "aws",
          accessMode,
          objectStorage: { bucket: "backups", prefix: "a" },
          config: { kmsKeyId: "backups" },
        },
      },
      more: { provider },
    },
  },
});
/** A database in a second cluster, whose location is that of the first. */
const beside = (accessMode: string, namespace = "shop"): Variation => ({
  added: {
    ...(second(accessMode, "cluster-b") as { readonly added: Readonly<Record<string, Added>> }).added,
    standby: {
      type: "kubernetes:apps/v1:StatefulSet",
      inputs: {
        metadata: { name: "standby", namespace },
        spec: { template: { spec: { containers: [{ name: "postgres", image: "postgres:18.6" }] } } },
      },
      more: { provider: "cluster-b" },
    },
  },
});

/** Backups, restores, scans, drills, and what watches. */
export const recoveryRows: readonly Row[] = [
  {
    rule: "velero-schedule-runs",
    violating: [
      [schedule("schedule", "daily"), /daily is no schedule/],
      [schedule("schedule", ""), /is no schedule/],
      [schedule("schedule", "0 2 30 2 *"), /no schedule that ever runs/],
      [schedule("schedule", "0 0 2 * * *"), /no schedule/],
      [schedule("schedule", 7), /7 is no schedule/],
      [schedule("schedule", GONE), /nothing is no schedule/],
      [schedule("paused", true), /paused/],
    ],
    near: [
      schedule("schedule", "@daily"),
      schedule("schedule", "CRON_TZ=Europe/Berlin 0 2 * * *"),
      schedule("schedule", "@every 6h"),
      schedule("schedule", "0 2 * * mon-fri"),
    ],
  },
  {
    rule: "velero-durations",
    violating: [
      [template("ttl", "30d"), /30d is no duration/],
      [template("ttl", 720), /720 is no duration/],
      [template("csiSnapshotTimeout", "ten minutes"), /no duration/],
      [hook("timeout", "5 m"), /no duration/],
      [annotation("pre.hook.backup.velero.io/timeout", "300"), /no duration/],
    ],
    near: [template("ttl", "168h30m"), template("ttl", GONE)],
  },
  {
    rule: "velero-backups-kept",
    violating: [[template("ttl", "24h"), /kept 24h only/]],
    near: [template("ttl", "168h"), template("ttl", "0"), template("ttl", GONE)],
  },
  {
    rule: "velero-backups-own-themselves",
    violating: [[schedule("useOwnerReferencesInBackup", true), /go with the Schedule/]],
    near: [schedule("useOwnerReferencesInBackup", GONE)],
  },
  {
    rule: "velero-filters-agree",
    violating: [
      [
        {
          changes: [
            template("includedResources", ["pods"]),
            template("excludedClusterScopedResources", ["nodes"]),
          ],
        },
        /mixed/,
      ],
      [
        { changes: [template("labelSelector", { matchLabels: {} }), template("orLabelSelectors", [{}])] },
        /two label selectors/,
      ],
    ],
    near: [template("includedResources", ["pods"])],
  },
  {
    rule: "velero-hooks-bounded",
    violating: [
      [hook("onError", GONE), /not said what a failure means/],
      [hook("timeout", GONE), /no timeout, so 30 s/],
      [hook("command", []), /no command/],
      [annotation("pre.hook.backup.velero.io/on-error", GONE), /not said/],
      [annotation("pre.hook.backup.velero.io/timeout", GONE), /no timeout/],
    ],
  },
  {
    rule: "velero-hooks-no-backup-mode",
    violating: [
      [hook("command", ["psql", "-c", "SELECT pg_start_backup('velero')"]), /ends with the hook/],
      [hook("command", ["psql", "-c", "SELECT pg_backup_start('velero')"]), /ends with the hook/],
      [
        template("hooks.resources[0].post", [
          { exec: { command: ["psql", "-c", "SELECT pg_backup_stop()"] } },
        ]),
        /ends with/,
      ],
      [annotation("post.hook.backup.velero.io/command", "psql -c 'SELECT pg_stop_backup()'"), /ends with/],
    ],
  },
  {
    rule: "velero-hooks-no-freeze",
    violating: [
      [hook("command", ["fsfreeze", "--freeze", "/data"]), /nothing thaws/],
      [annotation("pre.hook.backup.velero.io/command", "fsfreeze -f /var/lib/postgresql"), /nothing thaws/],
    ],
    near: [hook("command", ["sh", "-c", "(sleep 60; fsfreeze --unfreeze /data) & fsfreeze --freeze /data"])],
  },
  {
    rule: "velero-no-live-files",
    violating: [
      [annotation("backup.velero.io/backup-volumes", "config,data"), /data holds a running server's files/],
    ],
    near: [annotation("backup.velero.io/backup-volumes", "tmp")],
  },
  {
    rule: "velero-actions-elsewhere",
    violating: [
      [{ added: action("Backup") }, /Backup once happens once/],
      [{ added: action("Restore") }, /Restore once/],
      [{ added: action("DeleteBackupRequest") }, /DeleteBackupRequest/],
    ],
  },
  {
    rule: "velero-location-sound",
    violating: [
      [location("config.insecureSkipTLSVerify", "true"), /not checked/],
      [location("config.s3Url", "http://objects.example.org"), /plain text/],
      [location("config.checksumAlgorithm", ""), /checksums are switched off/],
      [location("objectStorage.bucket", GONE), /no bucket/],
      [location("provider", GONE), /no provider/],
    ],
    near: [location("config.checksumAlgorithm", "CRC32"), location("config.insecureSkipTLSVerify", GONE)],
  },
  {
    rule: "velero-location-encrypted",
    violating: [[location("config.kmsKeyId", GONE), /no encryption/]],
    near: [location("config", { serverSideEncryption: "AES256" })],
  },
  {
    rule: "velero-covers-databases",
    violating: [
      [{ without: ["schedule"] }, /no Schedule copies namespace shop each day/],
      [template("includedNamespaces", ["ledger"]), /namespace shop/],
      [template("excludedNamespaces", ["ledger"]), /namespace ledger/],
      [schedule("schedule", "0 2 * * 0"), /namespace shop/],
      [schedule("paused", true), /namespace shop/],
      // A cluster that may write elsewhere copies itself; one that only reads is no primary's of another namespace.
      [beside("ReadWrite"), /namespace shop/],
      [beside("ReadOnly", "other"), /namespace other/],
    ],
    near: [template("includedNamespaces", ["*"]), template("includedNamespaces", GONE), beside("ReadOnly")],
  },
  {
    rule: "velero-moves-snapshots",
    violating: [
      [template("snapshotMoveData", GONE), /snapshots stay on their storage, for namespace shop/],
      [template("snapshotMoveData", false), /stay on their storage/],
      [template("defaultVolumesToFsBackup", true), /live files are copied/],
      [template("snapshotVolumes", false), /volumes are left out/],
    ],
  },
  {
    rule: "velero-volumes-at-once",
    violating: [
      [cluster("walStorage", { size: "10Gi" }), /2 volumes of Cluster ledger/],
      [
        {
          changes: [
            ["database", "spec.volumeClaimTemplates[1]", { metadata: { name: "wal" } }],
            [
              "database",
              `${POD}.containers[0].volumeMounts[6]`,
              { name: "wal", mountPath: "/var/lib/postgresql/18/wal" },
            ],
          ],
        },
        /2 volumes of StatefulSet orders/,
      ],
    ],
    near: [
      {
        changes: [
          cluster("walStorage", { size: "10Gi" }),
          template("volumeGroupSnapshotLabelKey", "cnpg.io/cluster"),
        ],
      },
    ],
  },
  {
    rule: "velero-location-present",
    violating: [
      [{ without: ["location"] }, /default is not declared/],
      [template("storageLocation", "elsewhere"), /elsewhere is not declared/],
      [location("accessMode", "ReadOnly"), /default is read-only/],
      [["location", "metadata.namespace", "shop"], /default is not declared/],
    ],
    near: [
      template("storageLocation", GONE),
      {
        without: ["location"],
        added: { velero: { type: "kubernetes:helm.sh/v3:Release", inputs: { chart: "velero" } } },
      },
    ],
  },
  {
    rule: "velero-one-writer",
    violating: [[second("ReadWrite", "cluster-b"), /2 clusters write to aws backups\/a/]],
    near: [second("ReadOnly", "cluster-b"), second("ReadWrite", "cluster-a")],
  },
  {
    rule: "velero-repository-password",
    violating: [
      [{ without: ["repository-password"] }, /well-known password/],
      [["repository-password", "metadata.namespace", "shop"], /well-known password/],
    ],
  },
  {
    rule: "cnpg-instances",
    violating: [
      [cluster("instances", 2), /2 instances/],
      [cluster("instances", GONE), /no number of instances/],
      [cluster("instances", "3"), /3 instances/],
      [cluster("postgresql.synchronous.number", 2), /waits for 2 of 2 standbys/],
    ],
    near: [
      {
        changes: [
          cluster("postgresql.synchronous.number", 2),
          cluster("postgresql.synchronous.dataDurability", "preferred"),
        ],
      },
    ],
  },
  {
    rule: "cnpg-archived",
    violating: [
      [cluster("plugins", GONE), /nothing archives WAL/],
      [cluster("plugins[0].isWALArchiver", false), /nothing archives/],
      [cluster("plugins[0].enabled", false), /nothing archives/],
    ],
    near: [
      {
        changes: [
          cluster("plugins", GONE),
          cluster("backup.barmanObjectStore", { destinationPath: "s3://a/" }),
        ],
      },
    ],
  },
  {
    rule: "cnpg-backup-scheduled",
    violating: [
      [{ without: ["scheduled-backup"] }, /nothing backs Cluster ledger up each day/],
      [["scheduled-backup", "spec.suspend", true], /nothing backs/],
      [["scheduled-backup", "spec.cluster.name", "other"], /nothing backs/],
      [["scheduled-backup", "spec.schedule", "0 0 2 * * 0"], /nothing backs/],
      [["scheduled-backup", "metadata.namespace", "shop"], /nothing backs/],
    ],
    near: [["scheduled-backup", "spec.schedule", "@every 12h"]],
  },
  {
    rule: "cnpg-schedule-runs",
    violating: [
      [["scheduled-backup", "spec.schedule", "0 2 * * *"], /no schedule of six fields/],
      [["scheduled-backup", "spec.schedule", GONE], /nothing is no schedule/],
      [["scheduled-backup", "spec.suspend", true], /suspended/],
      [["scheduled-backup", "spec.backupOwnerReference", "self"], /go with their owner/],
    ],
  },
  {
    rule: "cnpg-superuser-closed",
    violating: [
      [cluster("enableSuperuserAccess", true), /superuser may log in/],
      [cluster("postgresql.enableAlterSystem", true), /ALTER SYSTEM/],
      [cluster("managed.roles[0].superuser", true), /a role is given superuser/],
      [cluster("managed.roles[0].bypassrls", true), /given bypassrls/],
      [cluster("managed.roles[0].inRoles", ["pg_execute_server_program"]), /pg_execute_server_program/],
    ],
    near: [cluster("managed.roles[0].inRoles", ["pg_monitor"])],
  },
  {
    rule: "cnpg-image-named",
    violating: [[cluster("imageName", GONE), /no image is named/]],
    near: [
      {
        changes: [cluster("imageName", GONE), cluster("imageCatalogRef", { name: "postgresql", major: 18 })],
      },
    ],
  },
  {
    rule: "kubernetes-job-bounded",
    violating: [
      [backupJob("concurrencyPolicy", GONE), /runs may overlap/],
      [backupJob("concurrencyPolicy", "Allow"), /overlap/],
      [backupJob("startingDeadlineSeconds", GONE), /no startingDeadlineSeconds/],
      [backupJob("jobTemplate.spec.activeDeadlineSeconds", GONE), /no activeDeadlineSeconds/],
      [backupJob("suspend", true), /suspended/],
      [backupJob("startingDeadlineSeconds", 5), /5 s leave no time/],
      [backupJob("schedule", "61 * * * *"), /no schedule that ever runs/],
    ],
    near: [backupJob("concurrencyPolicy", "Replace")],
  },
  {
    rule: "kubernetes-scan-sound",
    violating: [
      [["scan", `${JOB}.args[8]`, "1"], /findings end with 1/],
      [["scan", `${JOB}.args[8]`, "0"], /findings end with 0/],
      [["scan", `${JOB}.args[2]`, "CRITICAL"], /leaves HIGH or CRITICAL out/],
      [["scan", `${JOB_POD}.restartPolicy`, "OnFailure"], /started again/],
    ],
    near: [["scan", `${JOB}.args[2]`, "MEDIUM,HIGH,CRITICAL"]],
  },
  {
    rule: "kubernetes-scan-report-kept",
    violating: [
      [["scan", `${JOB}.args[6]`, "/tmp/report.json"], /\/tmp\/report\.json goes with the pod/],
      [["scan", `${JOB_POD}.volumes[0]`, { name: "reports", emptyDir: {} }], /goes with the pod/],
      [
        ["scan", `${JOB}.args`, ["image", "--severity", "HIGH,CRITICAL", "--exit-code", "10", "x"]],
        /log of a pod/,
      ],
    ],
    near: [
      {
        changes: [
          ["scan", `${JOB}.command`, ["sh", "-c"]],
          ["scan", `${JOB}.args`, ["trivy image -o /tmp/r.json x; aws s3 cp /tmp/r.json s3://reports/"]],
        ],
      },
    ],
  },
  {
    rule: "kubernetes-scan-scheduled",
    violating: [
      [{ without: ["scan"] }, /no daily scan of images for StatefulSet orders/],
      [["scan", "spec.suspend", true], /no daily scan/],
      [["scan", "spec.schedule", "0 2 * * 1"], /no daily scan/],
    ],
    near: [
      {
        without: ["scan"],
        added: {
          operator: {
            type: "kubernetes:apps/v1:Deployment",
            inputs: {
              spec: {
                template: { spec: { containers: [{ image: "ghcr.io/aquasecurity/trivy-operator:0.32.0" }] } },
              },
            },
          },
        },
      },
    ],
  },
  {
    rule: "kubernetes-base-backup-scheduled",
    violating: [
      [{ without: ["backup"] }, /no daily base backup for StatefulSet orders/],
      [["backup", `${JOB}.command`, ["pgbackrest", "info"]], /no daily base backup/],
    ],
    near: [
      { without: ["backup", "database", "budget"] },
      ["backup", `${JOB}.command`, ["sh", "-c", "pg_basebackup -X stream -D /backup/$(date +%F)"]],
    ],
  },
  {
    rule: "kubernetes-drills-scheduled",
    violating: [
      [{ without: ["drill"] }, /no monthly restore drill/],
      [["drill", "spec.schedule", "0 4 1 1 *"], /no monthly restore drill/],
    ],
  },
  {
    rule: "kubernetes-manifests-visible",
    violating: [
      [
        { added: { chart: { type: "kubernetes:helm.sh/v3:Release", inputs: { chart: "postgresql" } } } },
        /what postgresql installs/,
      ],
    ],
    near: [{ added: { chart: { type: "kubernetes:helm.sh/v4:Chart", inputs: { chart: "postgresql" } } } }],
  },
  {
    rule: "kubernetes-falco-sound",
    violating: [
      [["falco", 'data."postgres.txt"', falcoRule("proc.name=postgres")], /end in \.yaml/],
      [falco("- rule: r\n  condition: evt.type=connect\n"), /r lacks desc, output, priority/],
      [falco(falcoRule("evt.dir=<")), /evt\.dir/],
      [falco(falcoRule("fd.cip in (10.0.0.0/8)")), /fd\.cnet/],
      [falco(falcoRule("proc.name = docker-entrypoint.sh")), /ends after 15 bytes/],
      [falco(`${falcoRule("proc.name=postgres")}  enabled: false\n`), /switched off/],
      [falco(falcoRule("proc.name=postgres").replace("WARNING", "HIGH")), /HIGH is no priority/],
      [falco("- rule: [\n"), /cannot be read as YAML/],
    ],
    near: [
      ["falco", "data.readme", "Rules of Falco are in postgres.yaml"],
      falco("- rule: r\n  append: true\n  condition: and not proc.name=a\n"),
    ],
  },
  {
    rule: "kubernetes-runtime-watched",
    violating: [
      [{ without: ["falco"] }, /no rule of Falco watches StatefulSet orders/],
      [falco(falcoRule("proc.name=nginx")), /no rule of Falco watches/],
    ],
  },
];
