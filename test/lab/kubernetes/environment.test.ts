import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KUBERNETES_STACK } from "../../../lab/kubernetes/declaration.js";
import { KUBERNETES_POLICY, KubernetesLab } from "../../../lab/kubernetes/running.js";
import { CLUSTER_SITES, FALCO_NAMESPACE } from "../../../lab/kubernetes/site.js";
import { CALICO, STAGES, UP } from "../../../lab/kubernetes/stages.js";
import { VELERO_NAMESPACE } from "../../../lab/kubernetes/velero.js";
import { VELERO_STACK } from "../../../lab/kubernetes/velero-stack.js";
import { silent } from "../../../lab/progress.js";
import { besideEngine } from "../preview/beside-engine.js";
import { asApiServer } from "./as-api-server.js";

/** A database as somebody would write it by hand. */
const BY_HAND = `"use strict";
const pulumi = require("@pulumi/pulumi");
const k8s = require("@pulumi/kubernetes");
const { a: kubeconfig } = JSON.parse(pulumi.runtime.getConfig("pgkeep:kubeconfigs"));
const provider = new k8s.Provider("by-hand", { kubeconfig: pulumi.secret(kubeconfig) });
new k8s.core.v1.Pod("by-hand-pg", {
  metadata: { name: "by-hand-pg", namespace: "default" },
  spec: { containers: [{ name: "postgres", image: "postgres:latest", securityContext: { privileged: true },
    env: [{ name: "POSTGRES_PASSWORD", value: "a word of no account" }] }] },
}, { provider });
`;

/** The laboratory of Kubernetes from declaration to destruction; each stage stands on those before it. */
describe("an environment on two Kubernetes clusters", function () {
  this.timeout(10 * 60_000);
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-kubernetes-"));
  let running: KubernetesLab;

  before("the laboratory", async function () {
    this.timeout(40 * 60_000);
    running = await KubernetesLab.start(silent, join(folder, "lab"));
  });
  after(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    assert.deepEqual(running.problems, []);
  });

  it("blocks a database that was written by hand, in preview and update, and makes nothing", async () => {
    const project = join(running.places.project, "Pulumi.yaml");
    const text = readFileSync(project, "utf8");
    rmSync(project);
    writeFileSync(project, text.replace(/^main: .*$/m, "main: by-hand.js"));
    writeFileSync(join(running.places.project, "by-hand.js"), BY_HAND);
    try {
      for (const args of [["preview", ...KUBERNETES_POLICY], UP]) {
        const { code, stdout, stderr } = await running.pulumi(args);
        assert.notEqual(code, 0);
        assert.match(stdout + stderr, /\[mandatory\][^\n]*by-hand-pg/);
        assert.match(stdout + stderr, /privileged/);
      }
      assert.equal(await running.api("a").get("/api/v1/namespaces/default/pods/by-hand-pg"), undefined);
      await running.mustPulumi(["destroy", "--yes", "--skip-preview"]);
    } finally {
      writeFileSync(project, text);
    }
  });

  it("is previewed without clusters as the engine previews it with them, resource by resource", async () => {
    const { contradictions, ok, resources } = await besideEngine({
      stack: KUBERNETES_STACK,
      config: running.places.config,
      engine: (args) => running.mustPulumi(args),
      changed: asApiServer,
    });
    assert.deepEqual(contradictions, []);
    assert.ok(ok && resources > 20, `${resources} resources`);
  });

  for (const { title, run } of STAGES) {
    if (title.startsWith("pulumi destroy"))
      it("shows no password and no key in state, export and preview", async () => {
        const state = join(running.places.state, ".pulumi/stacks/pgkeep", `${KUBERNETES_STACK}.json`);
        const { stack } = running.velero;
        const backups = join(stack.places.state, ".pulumi/stacks/pgkeep", `${VELERO_STACK}.json`);
        const texts = {
          state: readFileSync(state, "utf8"),
          export: await running.mustPulumi(["stack", "export"]),
          preview: await running.mustPulumi(["preview", "--diff"]),
          "the state of backups": readFileSync(backups, "utf8"),
          "the export of backups": await stack.mustPulumi(["stack", "export"]),
          "the preview of backups": await stack.mustPulumi(["preview", "--diff"]),
        };
        assert.match(texts.state, /PostgresStatefulSet/, "the state is the right one");
        assert.match(texts["the state of backups"], /VeleroBackups/, "that of backups too");
        for (const [where, said] of Object.entries(texts))
          for (const secret of running.confidential)
            assert.ok(!said.includes(secret.trim()), `a secret stands in ${where}`);
      });
    it(title, async () => {
      await run(running, silent);
    });
  }

  it("leaves nothing in either cluster", async () => {
    for (const site of CLUSTER_SITES) {
      const names = (await running.api(site).list("/api/v1/namespaces")).map(({ metadata }) => metadata.name);
      assert.deepEqual(names.sort(), [
        "default",
        FALCO_NAMESPACE,
        "kube-node-lease",
        "kube-public",
        "kube-system",
        VELERO_NAMESPACE,
      ]);
      assert.deepEqual(await running.api(site).list(CALICO), [], "policies of the cluster itself");
    }
  });
});
