import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AttachedPostgres, type AttachedPostgresArgs } from "../../components/kubernetes/index.js";
import { loadKubernetesPlan, primarySite } from "../../operations/kubernetes-plan.js";
import { clearTexts, only, record, type Recorded } from "../libvirt/recorder.js";
import { attachedArgs } from "./attached-postgres-samples.js";
import { refusalsOf } from "./refusals.js";

const make = (args: AttachedPostgresArgs = attachedArgs()): Promise<Recorded[]> =>
  record(() => new AttachedPostgres("billing", args));
const refusals = (change: object): Promise<string[]> =>
  refusalsOf(() => new AttachedPostgres("billing", { ...attachedArgs(), ...change }));

/** Kinds that a database is made of. */
const OF_A_DATABASE =
  /:(?:StatefulSet|Deployment|ReplicaSet|DaemonSet|Pod|Service|PersistentVolumeClaim|PersistentVolume|Namespace|Cluster)(?:Patch)?$/;

describe("AttachedPostgres", function () {
  this.timeout(60_000);

  it("registers nothing of the database: no pod, claim, Service or namespace, and no patch of any", async () => {
    const resources = await make();
    const found = resources.filter(({ type }) => OF_A_DATABASE.test(type));
    // The scan's own claim of reports lies elsewhere.
    assert.deepEqual(
      found.map(({ name, inputs }) => [name, (inputs["metadata"] as { namespace: string }).namespace]),
      [["billing-scan-reports", "image-scans"]],
    );
    assert.ok(!resources.some(({ type }) => type.endsWith("Patch")));
  });

  it("has in the database's namespace the policies that are asked for, and nothing else", async () => {
    const there = (await make()).filter(
      ({ inputs }) => (inputs["metadata"] as { namespace?: string } | undefined)?.namespace === "billing",
    );
    assert.deepEqual(
      [...new Set(there.map(({ type }) => type))],
      ["kubernetes:networking.k8s.io/v1:NetworkPolicy"],
    );
    const { access: _, ...rest } = attachedArgs();
    const without = (await make(rest)).filter(
      ({ inputs }) => (inputs["metadata"] as { namespace?: string } | undefined)?.namespace === "billing",
    );
    assert.deepEqual(without, []);
  });

  it("means the pods that its labels find, in policies and in the hook of a backup", async () => {
    const resources = await make();
    const labels = attachedArgs().labels;
    const policies = resources.filter(({ type }) => type.endsWith(":NetworkPolicy"));
    assert.ok(
      policies.some(({ inputs }) =>
        JSON.stringify(inputs["spec"]).includes(`"podSelector":{"matchLabels":${sorted(labels)}}`),
      ),
      JSON.stringify(policies.map(({ inputs }) => inputs["spec"])),
    );
    const { inputs } = only(resources, "kubernetes:velero.io/v1:Schedule", "billing-velero-billing-daily");
    const { template } = inputs["spec"] as {
      template: { includedNamespaces: string[]; hooks: { resources: { labelSelector: object }[] } };
    };
    assert.deepEqual(template.includedNamespaces, ["billing"]);
    assert.deepEqual(template.hooks.resources[0]?.labelSelector, { matchLabels: labels });
  });

  it("runs no command in a pod unless one is given", async () => {
    const { backup } = attachedArgs();
    assert.ok(backup !== undefined);
    const { checkpoint: _, ...silent } = backup;
    const resources = await make(attachedArgs({ backup: silent }));
    assert.doesNotMatch(JSON.stringify(resources), /"hooks"/);
  });

  it("gives a plan that pgkeep velero reads, for drills in the same cluster", async () => {
    let plan: unknown;
    await record(() => {
      plan = new AttachedPostgres("billing", attachedArgs()).drillPlan;
    });
    const folder = mkdtempSync(join(tmpdir(), "pgkeep-plan-"));
    try {
      const file = join(folder, "plan.json");
      writeFileSync(file, JSON.stringify(plan));
      const read = await loadKubernetesPlan(file);
      assert.deepEqual(primarySite(read), { site: "here", context: "billing", namespace: "billing" });
      assert.deepEqual(read.environment.objectives.restore, { rpo: 86_400, rto: 14_400 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("keeps secrets secret", async () => {
    assert.ok(!clearTexts(await make()).some((text) => text.includes("PLANTED")));
  });

  it("refuses what contradicts itself, by path and reason, all at once", async () => {
    assert.deepEqual(await refusals({ labels: {}, namespace: "Billing" }), [
      'namespace: "Billing" has the wrong form; give at most 53 lower-case letters, digits and hyphens, beginning with a letter',
      "labels: (a mapping) selects every pod of the namespace; give labels that the pods have and no others",
    ]);
    assert.deepEqual(
      await refusalsOf(
        () =>
          new AttachedPostgres("billing", {
            namespace: "billing",
            labels: { app: "pg" },
            drill: { rto: "4 h", rpo: "24 h" },
          }),
      ),
      [
        "backup: (nothing) is missing, as are access, scan and detection: nothing is added; give one of them at least",
        "drill: (a mapping) has no backup to restore; give backup, or no drill",
      ],
    );
    assert.deepEqual(await refusals({ drill: { rto: "4 h", rpo: "1 h" } }), [
      'drill.rpo: "1 h" is less than the time between two backups; give 1 d or more, or backups more often',
    ]);
    assert.deepEqual(await refusals({ statefulSet: "billing" }), [
      'statefulSet: "billing" is not a known setting; give one of the documented arguments, or remove it',
    ]);
  });

  it("leaves it to each part to refuse what is wrong in it, by its path", async () => {
    const { backup } = attachedArgs();
    assert.deepEqual(await refusals({ backup: { ...backup, volumes: ["data", "wal"] } }), [
      "databases[0].volumes: (a list of 2) are snapshot one after the other: WAL that is older than the data starts cleanly and is silently wrong; give one volume with pg_wal and all tablespaces in it, or volumeGroup where the CSI driver groups snapshots",
    ]);
  });
});

/** As the compiler writes labels: by their keys in order. */
function sorted(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).toSorted()));
}
