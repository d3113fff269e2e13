import assert from "node:assert/strict";
import { PostgresCnpg, type PostgresCnpgArgs } from "../../components/kubernetes/index.js";
import { only, record } from "../libvirt/recorder.js";
import { kubernetesEnvironment } from "../fixtures/environment.js";
import { kubernetesOf, parseEnvironment } from "../../components/declaration/index.js";
import { judged } from "./judged.js";
import {
  CNPG,
  cnpgOf,
  declaredCnpg,
  madeAt,
  specIn,
  specOf,
  STEPS,
  type Spec,
} from "./postgres-cnpg-samples.js";
import { refusalsOf } from "./refusals.js";

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
    const resources = await madeAt("a");
    assert.deepEqual(
      resources.map(({ type }) => type),
      ["pgkeep:kubernetes:PostgresCnpg", CNPG.store, CNPG.cluster, CNPG.scheduled, CNPG.pooler],
    );
    const { metadata } = only(resources, CNPG.cluster).inputs;
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

  it("takes full base backups as declared, with seconds first, whose records outlive the schedule", async () =>
    assert.deepEqual(await specOf(CNPG.scheduled, "b"), {
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
    const spec = await specOf(CNPG.store, "a");
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
        CNPG.store,
        "a",
        "kubernetes.cnpg.store.endpoint removed",
        "kubernetes.cnpg.store.authority removed",
      )
    )["configuration"] as Spec;
    assert.deepEqual([endpointURL, endpointCA], [undefined, undefined]);
  });

  it("pools over TLS on both sides, for declared clients alone, one instance a node", async () => {
    const { pgbouncer, template, ...spec } = await specOf(CNPG.pooler, "a");
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
    const none = await madeAt("a", "kubernetes.cnpg.pooler removed");
    assert.ok(!none.some(({ type }) => type === CNPG.pooler));
    assert.ok(!JSON.stringify(specIn(none, CNPG.cluster)).includes("podselector"));
  });

  it("shows no password and no key, since it is given none", async () => {
    const text = JSON.stringify((await madeAt("a")).map(({ inputs }) => inputs));
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
