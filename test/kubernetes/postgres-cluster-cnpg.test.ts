import assert from "node:assert/strict";
import {
  parseEnvironment,
  type KubernetesEnvironment,
  type Secrets,
} from "../../components/declaration/index.js";
import { PostgresCluster } from "../../components/kubernetes/index.js";
import { namespaceQuota } from "../../components/kubernetes/postgres-cluster/quota.js";
import { createSecrets } from "../../operations/secrets/index.js";
import { kubernetesEnvironment } from "../fixtures/environment.js";
import { only, record, type Recorded } from "../libvirt/recorder.js";
import { declaredCnpg, STEPS } from "./postgres-cnpg-samples.js";

const CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster";

async function placed(environment: KubernetesEnvironment, given?: Secrets): Promise<Recorded[]> {
  const secrets = given ?? (await createSecrets(environment));
  const kubeconfigs = { a: "apiVersion: v1", b: "apiVersion: v1" };
  return record(() => new PostgresCluster("orders", { environment, secrets, kubeconfigs }));
}

describe("PostgresCluster with CloudNativePG", function () {
  this.timeout(60_000);

  it("places a Cluster a site, and no StatefulSet", async () => {
    const resources = await placed(declaredCnpg());
    const types = resources.map(({ type }) => type);
    assert.equal(types.filter((type) => type === CLUSTER).length, 2);
    assert.ok(!types.some((type) => /StatefulSet/.test(type)));
    // The scan has one for its reports at each site, and nobody else.
    const claims = resources.filter(({ type }) => /PersistentVolumeClaim$/.test(type));
    assert.ok(
      claims.every(({ name }) => /-scan/.test(name)),
      claims.map(({ name }) => name).join(" "),
    );
  });

  it("begins where the primary is, since a copy waits for what it copies", async () => {
    const order = async (...changes: readonly string[]): Promise<string[]> =>
      (await placed(declaredCnpg(...changes))).filter(({ type }) => type === CLUSTER).map(({ name }) => name);
    assert.deepEqual(await order(), ["orders-a", "orders-b"]);
    assert.deepEqual(await order(...STEPS.failover), ["orders-b", "orders-a"]);
  });

  it("leaves the account to the operator: its pods ask the API server who is primary", async () => {
    const resources = await placed(declaredCnpg());
    assert.ok(
      !resources.some(
        ({ type, inputs }) =>
          type === "kubernetes:core/v1:ServiceAccount" &&
          (inputs["metadata"] as { name: string }).name === "orders-a",
      ),
    );
    assert.ok(only(resources, "kubernetes:core/v1:Namespace", "orders-a"));
  });

  it("hands no secret of its own to anybody", async () => {
    const environment = declaredCnpg();
    const secrets = await createSecrets(environment);
    const text = JSON.stringify(await placed(environment, secrets));
    for (const password of Object.values(secrets.passwords)) assert.ok(!text.includes(password));
    assert.doesNotMatch(text, /PRIVATE KEY/);
  });

  it("lets the namespace have the archivers and the pooler as well", () => {
    const plain = namespaceQuota(parseEnvironment(kubernetesEnvironment()) as KubernetesEnvironment, 3);
    const operated = namespaceQuota(declaredCnpg(), 3);
    // Three members, one more while one is replaced, and one of the drill, each of 2 with an archiver of 0.5; 2 poolers of 0.5; 4 beside.
    assert.equal(operated.cpus, Math.ceil(5 * (2 + 0.5) + 2 * 0.5) + 4);
    assert.equal(operated.pods, (plain.pods ?? 0) + 3);
    // 5 of 4 GiB and 512 MiB, 2 of 256 MiB, 16 GiB beside.
    assert.equal(operated.memory, "39 GiB");
  });
});
