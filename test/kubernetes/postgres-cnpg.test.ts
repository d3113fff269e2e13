import assert from "node:assert/strict";
import { PostgresCnpg, type PostgresCnpgArgs } from "../../components/kubernetes/index.js";
import { only, record, type Recorded } from "../libvirt/recorder.js";
import { kubernetesEnvironment } from "../fixtures/environment.js";
import { kubernetesOf, parseEnvironment } from "../../components/declaration/index.js";
import { judged } from "./judged.js";
import { ALONE, cnpgOf, declaredCnpg, STEPS, TOKEN } from "./postgres-cnpg-samples.js";
import { refusalsOf } from "./refusals.js";

const CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster";
const SCHEDULED = "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup";
const POOLER = "kubernetes:postgresql.cnpg.io/v1:Pooler";
const STORE = "kubernetes:barmancloud.cnpg.io/v1:ObjectStore";

type Spec = Readonly<Record<string, unknown>>;
const make = (site: string, ...changes: readonly string[]): Promise<Recorded[]> =>
  record(() => cnpgOf(site, ...changes));
const specIn = (resources: readonly Recorded[], type: string): Spec =>
  only(resources, type).inputs["spec"] as Spec;
const specOf = async (type: string, site: string, ...changes: readonly string[]): Promise<Spec> =>
  specIn(await make(site, ...changes), type);
const clusterOf = (site: string, ...changes: readonly string[]): Promise<Spec> =>
  specOf(CLUSTER, site, ...changes);

/** What only other components of an environment give, or the options of a resource, which mocks do not see. */
const OF_OTHERS =
  /^(?:nothing denies (?:in|e)gress by default|no Schedule copies namespace|no daily scan of images|no monthly restore drill|no rule of Falco watches|Cluster orders-[ab] can be deleted)/;

describe("PostgresCnpg", function () {
  this.timeout(60_000);

  it("renders nothing that the policy pack finds fault with, in any step", async () => {
    for (const changes of Object.values(STEPS)) {
      const both = await record(() => [cnpgOf("a", ...changes), cnpgOf("b", ...changes)]);
      assert.deepEqual(
        judged(both).filter((text) => !OF_OTHERS.test(text)),
        [],
      );
    }
  });

  it("makes a store, a Cluster that the engine waits for, base backups and a pooler", async () => {
    const resources = await make("a");
    assert.deepEqual(
      resources.map(({ type }) => type),
      ["pgkeep:kubernetes:PostgresCnpg", STORE, CLUSTER, SCHEDULED, POOLER],
    );
    const { metadata } = only(resources, CLUSTER).inputs;
    assert.deepEqual(metadata, {
      name: "orders-a",
      namespace: "orders",
      labels: {
        "app.kubernetes.io/name": "postgresql",
        "app.kubernetes.io/instance": "orders-a",
        "app.kubernetes.io/part-of": "orders",
        "app.kubernetes.io/managed-by": "pgkeep",
      },
      annotations: { "pulumi.com/waitFor": "condition=Ready" },
    });
  });

  it("tells which pods are members and which are the pooler's, as the operator labels them", async () => {
    let made: PostgresCnpg | undefined;
    await record(() => (made = cnpgOf("b")));
    assert.deepEqual(made?.labels, {
      "app.kubernetes.io/name": "postgresql",
      "app.kubernetes.io/instance": "orders-b",
      "app.kubernetes.io/component": "database",
    });
    assert.deepEqual(made.poolerLabels, { "cnpg.io/poolerName": "orders-b-pooler" });
    await record(() => (made = cnpgOf("b", "kubernetes.cnpg.pooler removed")));
    assert.equal(made.poolerLabels, undefined);
  });

  describe("Cluster", () => {
    it("names its image by digest, its size, and what belongs to it for good", async () => {
      const spec = await clusterOf("a");
      assert.equal(spec["instances"], 3);
      assert.match(
        String(spec["imageName"]),
        /^registry\.example\.org\/postgresql:17\.11-trixie@sha256:a{64}$/,
      );
      assert.equal(spec["imagePullPolicy"], "Always");
      const { requests, limits } = spec["resources"] as Record<string, unknown>;
      assert.deepEqual(requests, { cpu: "2", memory: "4096Mi", "ephemeral-storage": "2048Mi" });
      assert.deepEqual(limits, requests);
      assert.deepEqual(spec["storage"], {
        storageClass: "fast-retained",
        size: "30720Mi",
        resizeInUseVolumes: true,
        pvcTemplate: { accessModes: ["ReadWriteOncePod"], volumeMode: "Filesystem" },
      });
      assert.equal(spec["walStorage"], undefined, "a snapshot of one volume has data and WAL");
      assert.equal(spec["enablePDB"], true);
      assert.deepEqual(spec["affinity"], {
        enablePodAntiAffinity: true,
        podAntiAffinityType: "required",
        topologyKey: "kubernetes.io/hostname",
      });
      assert.deepEqual(spec["seccompProfile"], { type: "RuntimeDefault" });
      assert.equal(spec["priorityClassName"], "databases");
      // Three times 28 s of crash recovery are less than a quarter of an hour.
      assert.equal(spec["startDelay"], 900);
    });

    it("lets no superuser in, and nobody change settings from inside", async () => {
      const spec = await clusterOf("a");
      assert.equal(spec["enableSuperuserAccess"], false);
      assert.equal((spec["postgresql"] as Spec)["enableAlterSystem"], false);
    });

    it("archives WAL by the plugin, under a name of its own", async () => {
      for (const site of ["a", "b"])
        assert.deepEqual((await clusterOf(site))["plugins"], [
          {
            name: "barman-cloud.cloudnative-pg.io",
            isWALArchiver: true,
            parameters: { barmanObjectName: "orders-archive", serverName: `orders-${site}` },
          },
        ]);
    });

    it("has certificates of one authority, for every name that it is known by", async () => {
      assert.deepEqual((await clusterOf("a"))["certificates"], {
        serverCASecret: "orders-authority",
        clientCASecret: "orders-authority",
        serverAltDNSNames: [
          "orders-a.db.example.org",
          "orders-a-pooler",
          "orders-a-pooler.orders",
          "orders-a-pooler.orders.svc",
          "orders-a-pooler.orders.svc.cluster.local",
        ],
      });
    });

    it("is one Cluster at the primary's site, and begins empty there alone", async () => {
      const [a, b] = [await clusterOf("a"), await clusterOf("b")];
      assert.deepEqual(a["replica"], { self: "orders-a", primary: "orders-a", source: "orders-b" });
      assert.deepEqual(b["replica"], { self: "orders-b", primary: "orders-a", source: "orders-a" });
      assert.deepEqual(Object.keys(a["bootstrap"] as Spec), ["initdb"]);
      assert.deepEqual(b["bootstrap"], { pg_basebackup: { source: "orders-a" } });
      const { initdb } = a["bootstrap"] as { initdb: Spec };
      const { postInitSQL: _server, postInitApplicationSQL: _database, ...options } = initdb;
      assert.deepEqual(options, {
        database: "shop",
        owner: "shop_owner",
        dataChecksums: true,
        encoding: "UTF8",
        locale: "C.UTF-8",
        localeProvider: "builtin",
        builtinLocale: "C.UTF-8",
      });
    });

    it("streams from the other site by name, checked, with a certificate, and reads its archive too", async () => {
      const [own, other] = (await clusterOf("b"))["externalClusters"] as [Spec, Spec];
      const archive = (serverName: string) => ({
        name: "barman-cloud.cloudnative-pg.io",
        parameters: { barmanObjectName: "orders-archive", serverName },
      });
      assert.deepEqual(own, {
        name: "orders-a",
        connectionParameters: {
          host: "orders-a.db.example.org",
          port: "5432",
          user: "streaming_replica",
          dbname: "postgres",
          sslmode: "verify-full",
        },
        sslCert: { name: "orders-b-replication", key: "tls.crt" },
        sslKey: { name: "orders-b-replication", key: "tls.key" },
        sslRootCert: { name: "orders-authority", key: "ca.crt" },
        plugin: archive("orders-a"),
      });
      assert.deepEqual(other, { name: "orders-b", plugin: archive("orders-b") });
    });

    it("is demoted alone, so that its token comes before anybody is promoted", async () => {
      const [a, b] = [await clusterOf("a", ...STEPS.demotion), await clusterOf("b", ...STEPS.demotion)];
      assert.deepEqual(a["replica"], { self: "orders-a", primary: "orders-b", source: "orders-b" });
      assert.deepEqual(b["replica"], (await clusterOf("b"))["replica"]);
    });

    it("is promoted by the token in the same change, and changes nothing at the old primary then", async () => {
      const [a, b] = [await clusterOf("a", ...STEPS.promotion), await clusterOf("b", ...STEPS.promotion)];
      assert.deepEqual(b["replica"], {
        self: "orders-b",
        primary: "orders-b",
        source: "orders-a",
        promotionToken: TOKEN,
      });
      assert.deepEqual(a, await clusterOf("a", ...STEPS.demotion));
    });

    it("is promoted without a token where the primary is lost, which is made anew as a copy", async () => {
      const [a, b] = [await clusterOf("a", ...STEPS.failover), await clusterOf("b", ...STEPS.failover)];
      assert.deepEqual(b["replica"], { self: "orders-b", primary: "orders-b", source: "orders-a" });
      assert.deepEqual(a["replica"], { self: "orders-a", primary: "orders-b", source: "orders-b" });
      assert.deepEqual(a["bootstrap"], { pg_basebackup: { source: "orders-b" } });
    });

    it("stays what it is when the sites have swapped roles, and can be handed back from there", async () => {
      for (const site of ["a", "b"]) {
        const { promotionToken: _spent, ...before } = (await clusterOf(site, ...STEPS.promotion))[
          "replica"
        ] as Spec;
        assert.deepEqual((await clusterOf(site, ...STEPS.swapped))["replica"], before);
      }
      const back =
        'kubernetes.primary = {"member":"orders-a-1","reason":"site A is back","handover":{"step":"demote"}}';
      assert.deepEqual((await clusterOf("b", ...STEPS.swapped, back))["replica"], {
        self: "orders-b",
        primary: "orders-a",
        source: "orders-a",
      });
    });

    it("is told of no other where there is one site", async () => {
      const spec = await clusterOf("a", ...ALONE);
      assert.equal(spec["replica"], undefined);
      assert.equal(spec["externalClusters"], undefined);
      assert.deepEqual(Object.keys(spec["bootstrap"] as Spec), ["initdb"]);
    });

    it("waits for standbys as declared, and promotes none that may lack a commit", async () => {
      const of = async (replication: object): Promise<unknown> =>
        ((await clusterOf("a", `replication = ${JSON.stringify(replication)}`))["postgresql"] as Spec)[
          "synchronous"
        ];
      assert.deepEqual(await of({ mode: "quorum", synchronous: 1, strict: true }), {
        method: "any",
        number: 1,
        dataDurability: "required",
        failoverQuorum: true,
      });
      assert.deepEqual(await of({ mode: "sync", synchronous: 1 }), {
        method: "first",
        number: 1,
        dataDurability: "preferred",
        failoverQuorum: false,
      });
      assert.equal(await of({ mode: "async" }), undefined);
    });

    it("has Services under the names that clients know, that of the primary at its site alone", async () => {
      const services = async (site: string, ...changes: readonly string[]): Promise<unknown> => {
        const { services } = (await clusterOf(site, ...changes))["managed"] as {
          services: {
            disabledDefaultServices: unknown;
            additional: {
              selectorType: string;
              serviceTemplate: { metadata: { name: string }; spec: Spec };
            }[];
          };
        };
        assert.deepEqual(services.disabledDefaultServices, ["ro", "r"]);
        return services.additional.map(({ selectorType, serviceTemplate: { metadata, spec } }) =>
          [metadata.name, selectorType, spec["type"]].join(" "),
        );
      };
      const exchange = (site: string): string => `orders-${site}-exchange rw LoadBalancer`;
      assert.deepEqual(await services("a"), [
        "orders rw ClusterIP",
        "orders-read r ClusterIP",
        exchange("a"),
      ]);
      assert.deepEqual(await services("b"), ["orders-read r ClusterIP", exchange("b")]);
      assert.deepEqual(await services("a", ...STEPS.failover), ["orders-read r ClusterIP", exchange("a")]);
      assert.deepEqual(await services("a", ...ALONE), ["orders rw ClusterIP", "orders-read r ClusterIP"]);
      const [, , balancer] = (
        (await clusterOf("a"))["managed"] as {
          services: { additional: { serviceTemplate: { spec: Spec } }[] };
        }
      ).services.additional;
      assert.deepEqual(balancer?.serviceTemplate.spec["loadBalancerSourceRanges"], ["198.51.100.21/32"]);
      assert.equal(balancer.serviceTemplate.spec["externalTrafficPolicy"], "Local");
    });

    it("gives whatever the operator makes the environment's name, and leaves it the operator's own labels", async () =>
      assert.deepEqual((await clusterOf("a"))["inheritedMetadata"], {
        labels: { "app.kubernetes.io/part-of": "orders" },
      }));
  });

  it("takes full base backups as declared, with seconds first, whose records outlive the schedule", async () =>
    assert.deepEqual(await specOf(SCHEDULED, "b"), {
      cluster: { name: "orders-b" },
      schedule: "0 0 1 * * *",
      method: "plugin",
      pluginConfiguration: { name: "barman-cloud.cloudnative-pg.io" },
      target: "prefer-standby",
      immediate: true,
      suspend: false,
      backupOwnerReference: "none",
    }));

  it("reaches the store over verified TLS, by a Secret that is there, encrypted by it, kept by age", async () => {
    const spec = await specOf(STORE, "a");
    assert.deepEqual(spec["configuration"], {
      destinationPath: "s3://backups/orders",
      endpointURL: "https://objects.example.org:9000",
      endpointCA: { name: "object-store-authority", key: "ca.crt" },
      s3Credentials: {
        accessKeyId: { name: "object-store", key: "ACCESS_KEY_ID" },
        secretAccessKey: { name: "object-store", key: "ACCESS_SECRET_KEY" },
      },
      wal: { compression: "zstd", encryption: "AES256", maxParallel: 4 },
      data: { compression: "lz4", encryption: "AES256", jobs: 2, immediateCheckpoint: true },
    });
    assert.equal(spec["retentionPolicy"], "14d");
    const { endpointURL, endpointCA } = (
      await specOf(
        STORE,
        "a",
        "kubernetes.cnpg.store.endpoint removed",
        "kubernetes.cnpg.store.authority removed",
      )
    )["configuration"] as Spec;
    assert.deepEqual([endpointURL, endpointCA], [undefined, undefined]);
  });

  it("pools over TLS on both sides, for declared clients alone, one instance a node", async () => {
    const { pgbouncer, template, ...spec } = await specOf(POOLER, "a");
    assert.deepEqual(spec, { cluster: { name: "orders-a" }, type: "rw", instances: 2 });
    const { parameters, image, poolMode } = pgbouncer as Spec;
    assert.match(String(image), /^registry\.example\.org\/pgbouncer:1\.25\.1@sha256:b{64}$/);
    assert.equal(poolMode, "session");
    assert.deepEqual(parameters, {
      max_client_conn: "1000",
      default_pool_size: "20",
      client_tls_sslmode: "require",
      server_tls_sslmode: "verify-full",
      server_tls_protocols: "tlsv1.3",
      log_connections: "1",
      log_disconnections: "1",
    });
    const text = JSON.stringify(template);
    assert.match(
      text,
      /"requiredDuringSchedulingIgnoredDuringExecution":\[\{"labelSelector":\{"matchLabels":\{"cnpg.io\/poolerName":"orders-a-pooler"\}\}/,
    );
    const none = await make("a", "kubernetes.cnpg.pooler removed");
    assert.ok(!none.some(({ type }) => type === POOLER));
    assert.ok(!JSON.stringify(specIn(none, CLUSTER)).includes("podselector"));
  });

  it("shows no password and no key, since it is given none", async () => {
    const text = JSON.stringify((await make("a")).map(({ inputs }) => inputs));
    assert.doesNotMatch(text, /SCRAM-SHA-256\$|BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)|PASSWORD '/);
  });

  it("says what of the declaration the operator does otherwise", async () => {
    let made: PostgresCnpg | undefined;
    await record(() => (made = cnpgOf("a")));
    assert.deepEqual(Object.keys(made?.reported.declared ?? {}), [
      "kubernetes.user",
      "backup.base.retention",
      "backup.repository.encryption",
      "replication.maximumLag",
      "failover.ttl, loopWait, retryTimeout",
    ]);
    const kept = made?.reported.settings ?? [];
    assert.ok(kept.some(({ name, kept: how }) => name === "archive_command" && how === "fixed"));
    assert.ok(kept.some(({ name, kept: how }) => name === "log_directory" && how === "blocked"));
  });

  describe("refuses", () => {
    const statefulSet = kubernetesOf(parseEnvironment(kubernetesEnvironment()));
    for (const [title, args, expected] of [
      [
        "another engine",
        { environment: statefulSet, site: "a" },
        /^environment\.kubernetes\.engine: .* is another engine; give cnpg, or use PostgresStatefulSet/,
      ],
      [
        "a site without a cluster",
        { environment: declaredCnpg(), site: "c" },
        /^site: "c" has no cluster; give one of a, b/,
      ],
      ["no site", { environment: declaredCnpg() }, /^site: \(nothing\) is missing/],
      [
        "what is no environment",
        { environment: {}, site: "a" },
        /^environment: .* is no environment on Kubernetes; give what parseEnvironment gives/,
      ],
      [
        "an argument that it does not know",
        { environment: declaredCnpg(), site: "a", secrets: {} },
        /^secrets: .* is not a known setting/,
      ],
    ] as const)
      it(title, async () => {
        const found = await refusalsOf(() => new PostgresCnpg("orders", args as unknown as PostgresCnpgArgs));
        assert.ok(
          found.some((line) => expected.test(line)),
          found.join("\n"),
        );
      });

    it("everything at once", async () => {
      const found = await refusalsOf(
        () => new PostgresCnpg("orders", { environment: statefulSet, site: "q" }),
      );
      assert.equal(found.length, 2, found.join("\n"));
    });
  });
});
