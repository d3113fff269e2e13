import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KUBERNETES_POLICY, KubernetesLab } from "../../../lab/kubernetes/running.js";
import { NAMESPACE } from "../../../lab/kubernetes/stage.js";
import { UP } from "../../../lab/kubernetes/stages.js";
import { silent } from "../../../lab/progress.js";

const STATEFUL_SET = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/orders-b`;
const PROMOTION = { member: "orders-b-0", reason: "the cluster of site a does not answer any more" };

describe("a Kubernetes cluster that is lost", function () {
  this.timeout(10 * 60_000);
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-lost-site-"));
  let running: KubernetesLab;

  before("the environment on both, and the loss of the primary's", async function () {
    this.timeout(40 * 60_000);
    running = await KubernetesLab.start(silent, join(folder, "lab"));
    await running.mustPulumi(UP);
    await running.lose("a");
  });
  after(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const digest = async (): Promise<unknown> => {
    const found = (await running.api("b").get(STATEFUL_SET)) as
      { spec: { template: { metadata: { annotations: unknown } } } } | undefined;
    assert.ok(found, "the members of site b are there");
    return found.spec.template.metadata.annotations;
  };

  it("is waited for by a planned promotion: nobody else is told to begin while it may still write", async () => {
    const before = await digest();
    running.declare(({ kubernetes }) => {
      kubernetes.primary = PROMOTION;
    });
    const { code, stdout, stderr } = await running.pulumi(UP);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /unreachable/);
    assert.deepEqual(await digest(), before);
  });

  it("is left as it is by one that calls it lost, and the member at the other site is told to begin", async () => {
    const before = await digest();
    running.declare(({ kubernetes }) => {
      kubernetes.primary = { ...PROMOTION, lost: ["a"] };
    });
    await running.mustPulumi(UP);
    assert.notDeepEqual(await digest(), before, "its pods begin anew");
    const { metadata, status } = (await running.api("b").get(STATEFUL_SET)) ?? assert.fail("it is not there");
    assert.deepEqual(
      [status?.["observedGeneration"], status?.["readyReplicas"]],
      [metadata["generation"], 1],
    );
    const scripts = await running.api("b").list(`/api/v1/namespaces/${NAMESPACE}/configmaps`);
    assert.match(JSON.stringify(scripts), /primary=orders-b-0/);
  });

  it("changes nothing more", async () => {
    await running.mustPulumi(["preview", "--expect-no-changes", ...KUBERNETES_POLICY]);
  });
});
