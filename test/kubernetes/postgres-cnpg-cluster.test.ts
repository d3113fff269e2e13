import assert from "node:assert/strict";
import { ALONE, CNPG, specOf, STEPS, TOKEN, type Spec } from "./postgres-cnpg-samples.js";

const clusterOf = (site: string, ...changes: readonly string[]): Promise<Spec> =>
  specOf(CNPG.cluster, site, ...changes);

describe("PostgresCnpg: Cluster", function () {
  this.timeout(60_000);

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
    assert.deepEqual(await services("a"), ["orders rw ClusterIP", "orders-read r ClusterIP", exchange("a")]);
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
