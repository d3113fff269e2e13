import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { WalArchive } from "../../components/kubernetes/index.js";
import { clearTexts, isSecret, only, record, reveal, type Recorded } from "../libvirt/recorder.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { refusalsOf } from "./refusals.js";
import { archivedEnvironment, archivedSite, AUTHORITIES } from "./wal-archive-samples.js";

const CONFIG = "kubernetes:core/v1:ConfigMap";
const SECRET = "kubernetes:core/v1:Secret";
const CRON = "kubernetes:batch/v1:CronJob";
const SET = "kubernetes:apps/v1:StatefulSet";
const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}
interface Pod {
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly projected?: {
      readonly sources: readonly Record<string, { items: { key: string; path: string }[] }>[];
    };
  }[];
}

const made = (): Promise<Recorded[]> => record(() => archivedSite());
const files = ({ inputs }: Recorded): Record<string, string> => inputs["data"] as Record<string, string>;
const jobsOf = (resources: readonly Recorded[]): Recorded[] => resources.filter(({ type }) => type === CRON);
const podOf = ({ inputs }: Recorded): Pod => {
  const spec = inputs["spec"] as {
    template?: { spec: Pod };
    jobTemplate?: { spec: { template: { spec: Pod } } };
  };
  return (spec.template ?? spec.jobTemplate?.spec.template)?.spec as Pod;
};
const pathsIn = (pod: Pod, volume: string): string[] =>
  (pod.volumes.find(({ name }) => name === volume)?.projected?.sources ?? []).flatMap((source) =>
    Object.values(source).flatMap(({ items }) => items.map(({ path }) => path)),
  );

describe("WalArchive", function () {
  this.timeout(60_000);
  let resources: Recorded[];

  before(async () => {
    resources = await made();
  });

  it("takes base backups and verifies on the declared schedules, one run at a time, each with deadlines", () => {
    const found = jobsOf(resources).map(({ inputs }) => {
      const { metadata, spec } = inputs as { metadata: { name: string }; spec: Record<string, unknown> };
      const { template: _, ...job } = (spec["jobTemplate"] as { spec: Record<string, unknown> }).spec;
      const { schedule, timeZone, concurrencyPolicy, suspend, startingDeadlineSeconds } = spec;
      return [
        metadata.name,
        { schedule, timeZone, concurrencyPolicy, suspend, startingDeadlineSeconds, ...job },
      ];
    });
    const common = {
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      suspend: false,
      startingDeadlineSeconds: 3600,
      activeDeadlineSeconds: 86_400,
    };
    const { base, verification } = archivedEnvironment().backup;
    assert.deepEqual(Object.fromEntries(found as [string, unknown][]), {
      "orders-a-backup-full": { ...common, schedule: base?.full.schedule, backoffLimit: 2 },
      "orders-a-backup-diff": { ...common, schedule: base?.differential?.schedule, backoffLimit: 2 },
      "orders-a-verify": { ...common, schedule: verification.schedule, backoffLimit: 0 },
    });
  });

  it("takes incremental backups where they are declared", async () => {
    const environment = archivedEnvironment(({ backup }) => {
      if (backup.base !== undefined) backup.base.incremental = { schedule: "0 * * * *" };
    });
    const incremental = only(await record(() => archivedSite(environment)), CRON, "archive-backup-incr");
    assert.deepEqual(podOf(incremental).containers[0]?.command, [
      "/bin/sh",
      "/etc/pgbackrest/backup.sh",
      "incr",
    ]);
  });

  it("runs jobs from the members' image, restricted, on a read-only root, without a token", () => {
    for (const job of jobsOf(resources)) {
      const { containers, ...pod } = podOf(job) as Pod & Record<string, unknown>;
      const [container] = containers;
      assert.equal(container?.image, archivedEnvironment().kubernetes.image);
      assert.equal(pod["automountServiceAccountToken"], false);
      assert.deepEqual(
        { ...container?.securityContext },
        {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          privileged: false,
          capabilities: { drop: ["ALL"] },
          runAsUser: 10_999,
          runAsGroup: 10_999,
          seccompProfile: { type: "RuntimeDefault" },
        },
      );
    }
  });

  it("writes the store into pgbackrest.conf: over verified TLS, encrypted, kept by age", () => {
    const config = files(only(resources, CONFIG, "archive-config"));
    for (const file of ["member.conf", "job.conf"])
      for (const line of [
        "repo1-type=s3",
        "repo1-path=/orders",
        "repo1-s3-endpoint=objects.example.org",
        "repo1-storage-port=9000",
        "repo1-s3-bucket=backups",
        "repo1-s3-uri-style=path",
        "repo1-storage-verify-tls=y",
        "repo1-storage-ca-file=/etc/pgbackrest/store.pem",
        "repo1-cipher-type=aes-256-cbc",
        "repo1-retention-full-type=time",
      ])
        assert.ok(config[file]?.split("\n").includes(line), `${file}: ${line}`);
    assert.ok(!config["server.conf"]?.includes("repo1"));
    assert.match(config["job.conf"] ?? "", /^expire-auto=n$/m);
    assert.match(config["server.conf"] ?? "", /^tls-server-auth=orders-archive=orders$/m);
    assert.match(config["job.conf"] ?? "", /^pg1-host=orders-a-0\.orders-a\.orders\.svc\.cluster\.local$/m);
    assert.match(config["job.conf"] ?? "", /^pg2-host=orders-a-1\./m);
    assert.equal(config["store.pem"], AUTHORITIES);
  });

  it("hands secrets out as files, to those alone that need them", () => {
    const set = podOf(only(resources, SET));
    const [job] = jobsOf(resources);
    assert.ok(job !== undefined);
    assert.deepEqual(pathsIn(set, "archive"), ["pgbackrest.conf", "store.pem", "conf.d/store.conf"]);
    assert.deepEqual(pathsIn(set, "archive-server"), ["pgbackrest.conf"]);
    assert.deepEqual(pathsIn(podOf(job), "archive"), [
      ...["pgbackrest.conf", "backup.sh", "verify.sh", "accounts", "store.pem", "conf.d/store.conf"],
      ...["tls/authority.pem", "tls/client.pem", "tls/client.key"],
    ]);
    const mounting = set.containers
      .filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === "archive"))
      .map(({ name }) => name);
    assert.deepEqual(mounting, ["postgres"]);
    const beside = set.containers.find(({ name }) => name === "pgbackrest");
    assert.equal(beside?.volumeMounts.find(({ name }) => name === "data")?.readOnly, true);
    const store = reveal(only(resources, SECRET, "archive-store").inputs["stringData"]) as Record<
      string,
      string
    >;
    assert.match(store["store.conf"] ?? "", /^repo1-s3-key-secret=PLANTED-secret-key$/m);
    const client = reveal(only(resources, SECRET, "archive-client").inputs["stringData"]) as object;
    assert.deepEqual(Object.keys(client).toSorted(), ["authority.pem", "client.key", "client.pem"]);
  });

  it("shows no secret in any object", () => {
    for (const { inputs, name, type } of resources) {
      assert.ok(!clearTexts(inputs).some((text) => text.includes("PLANTED")), name);
      if (type === SECRET) assert.ok(isSecret(inputs["stringData"]), name);
    }
  });

  it("opens members to jobs alone, and both to the store", () => {
    const spec = (name: string) => only(resources, POLICY, name).inputs["spec"] as Record<string, unknown>;
    const store = { to: [{ ipBlock: { cidr: "192.0.2.60/32" } }], ports: [{ protocol: "TCP", port: 9000 }] };
    const members = spec("archive-members");
    const jobs = { "app.kubernetes.io/name": "wal-archive", "app.kubernetes.io/instance": "orders-a" };
    assert.deepEqual(members["ingress"], [
      { from: [{ podSelector: { matchLabels: jobs } }], ports: [{ protocol: "TCP", port: 8432 }] },
    ]);
    assert.deepEqual((members["egress"] as unknown[]).at(-1), store);
    assert.deepEqual(spec("archive-jobs")["ingress"], []);
    assert.deepEqual((spec("archive-jobs")["egress"] as unknown[]).at(-1), store);
  });

  it("asks the resolver that is declared", async () => {
    const elsewhere = archivedEnvironment(({ kubernetes }) => {
      kubernetes.dns = {
        namespace: "openshift-dns",
        labels: { "dns.operator.openshift.io/daemonset-dns": "default" },
        ports: [5353],
      };
    });
    const made = await record(() => archivedSite(elsewhere));
    for (const name of ["archive-members", "archive-jobs"]) {
      const { egress } = only(made, POLICY, name).inputs["spec"] as { egress: unknown[] };
      assert.deepEqual(egress[0], {
        to: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "openshift-dns" } },
            podSelector: { matchLabels: { "dns.operator.openshift.io/daemonset-dns": "default" } },
          },
        ],
        ports: [
          { protocol: "UDP", port: 5353 },
          { protocol: "TCP", port: 5353 },
        ],
      });
    }
  });

  it("starts members anew when their part changes, and not for a job's", async () => {
    const digest = (all: readonly Recorded[]): unknown =>
      (only(all, SET).inputs["spec"] as { template: { metadata: { annotations: Record<string, string> } } })
        .template.metadata.annotations["pgkeep/archive"];
    const bucket = archivedEnvironment(({ kubernetes }) => {
      if (kubernetes.archive !== undefined) kubernetes.archive.bucket = "other";
    });
    const schedule = archivedEnvironment(({ backup }) => {
      if (backup.base !== undefined) backup.base.full.schedule = "30 1 * * 0";
    });
    assert.notEqual(digest(await record(() => archivedSite(bucket))), digest(resources));
    assert.equal(digest(await record(() => archivedSite(schedule))), digest(resources));
  });

  it("refuses what it cannot archive", async () => {
    const environment = archivedEnvironment(({ kubernetes, backup, drills }) => {
      delete kubernetes.archive;
      delete drills?.restore;
      delete backup.base;
      delete backup.wal;
    });
    const secrets = pulumi.secret(markedSecrets(environment));
    assert.deepEqual(await refusalsOf(() => new WalArchive("archive", { environment, site: "c", secrets })), [
      "environment.kubernetes.archive: is missing; give the object store",
      "environment.backup.base: is missing; give the schedules of base backups",
      'site: "c" has no cluster; give one of a, b',
    ]);
  });
});
