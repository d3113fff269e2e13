import assert from "node:assert/strict";
import { RefusedError } from "../../../operations/errors.js";
import type { EvidenceRecord } from "../../../operations/evidence/index.js";
import { COMPARED } from "../../../operations/jobs/velero/compare.js";
import type { VeleroJob } from "../../../operations/jobs/velero/job.js";
import { LEFT_OUT, veleroRestore, type RestoreRequest } from "../../../operations/jobs/velero/restore.js";
import { Clusters, type Stored } from "./clusters.js";

const BACKUP = "orders-daily-20261127020000";

describe("pgkeep velero restore", function () {
  this.timeout(120_000);
  const clusters = new Clusters();
  beforeEach(() => {
    clusters.reset();
    there();
  });
  after(() => clusters.remove());

  /** A backup that the second cluster sees. */
  const there = (name = BACKUP, change: object = {}): void =>
    clusters.change("b", (objects) => {
      objects[`backups/velero/${name}`] = {
        kind: "Backup",
        metadata: { name, namespace: "velero", labels: { "velero.io/schedule-name": "orders-daily" } },
        spec: { includedNamespaces: ["orders"] },
        status: {
          phase: "Completed",
          startTimestamp: "2026-11-27T02:00:00Z",
          completionTimestamp: "2026-11-27T02:05:00Z",
          ...change,
        },
      };
    });
  const left = (): string[] =>
    Object.keys(clusters.objects("b")).filter((key) => /restores\/|orders-drill/.test(key));
  const restore = async (
    change: Partial<RestoreRequest> = {},
    job: Partial<VeleroJob> = {},
  ): Promise<EvidenceRecord | undefined> =>
    veleroRestore(await clusters.job(job), {
      cluster: clusters.cluster("b"),
      from: "orders",
      into: "orders-drill",
      backup: { schedule: "orders-daily" },
      everything: false,
      keep: false,
      ready: true,
      compare: { original: clusters.cluster("a"), resources: COMPARED },
      ...change,
    });

  it("restores the newest good backup under another name, compares it, removes it, and leaves a record", () => {
    there("orders-daily-20261127030000", { phase: "PartiallyFailed", errors: 1 });
    const { code, out, err } = clusters.velero(["restore", "--into", "orders-drill", "--ready"]);
    assert.equal(code, 0, err);
    assert.match(out, /^velero-restore-\S+: PASSED, RTO .*, backup orders-daily-20261127020000$/m);
    const [record] = clusters.records;
    assert.deepEqual(
      record?.steps.map(({ id, outcome }) => `${id} ${outcome}`),
      ["R1", "R2", "R3", "R4", "R5", "R6", "R7"].map((id) => `${id} passed`),
    );
    assert.equal(record.steps[5]?.detail, "4 objects are equal");
    assert.ok((record.measured.rtoSeconds ?? 0) > 0);
    assert.ok(record.controls.includes("SOC 2 A1.3"));
    assert.deepEqual(left(), []);
    assert.ok(!`${out}${err}${clusters.calls}`.includes("PLANTED"));
  });

  it("closes the drill's namespace before anything comes, and leaves out what would open it or take an address", async () => {
    await restore({ keep: true });
    const objects = clusters.objects("b");
    const labels = objects["namespaces//orders-drill"]?.metadata.labels ?? {};
    assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
    assert.equal(labels["pod-security.kubernetes.io/enforce-version"], "v1.34");
    assert.deepEqual(objects["networkpolicies/orders-drill/pgkeep-closed"]?.["spec"], {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    const calls = clusters.calls.split("\n").filter((call) => call.includes("create"));
    assert.equal(calls.length, 3);
    const [order] = clusters.of("b", "restores");
    assert.deepEqual(order?.["spec"], {
      backupName: BACKUP,
      includedNamespaces: ["orders"],
      namespaceMapping: { orders: "orders-drill" },
      restorePVs: true,
      existingResourcePolicy: "none",
      excludedResources: LEFT_OUT,
    });
    for (const resource of ["services", "networkpolicies"])
      assert.deepEqual(
        clusters.of("b", resource, "orders-drill").map(({ metadata }) => metadata.name),
        resource === "services" ? [] : ["pgkeep-closed"],
      );
  });

  it("removes volumes that came back as objects alone, and names those that their class retains", async () => {
    const volume = (name: string, policy: string, namespace: string, labels = {}): Stored => ({
      kind: "PersistentVolume",
      metadata: { name, labels },
      spec: { persistentVolumeReclaimPolicy: policy, claimRef: { namespace, name: "data-orders-a-0" } },
    });
    const restored = { "velero.io/restore-name": "orders-drill-1" };
    const volumes = [
      volume("as-it-was", "Retain", "orders-drill", restored),
      volume("copy", "Retain", "orders-drill"),
      volume("passing", "Delete", "orders-drill"),
      volume("of-others", "Retain", "orders", restored),
    ];
    clusters.change("b", (objects) => {
      for (const each of volumes) objects[`persistentvolumes//${each.metadata.name}`] = each;
    });
    const record = await restore();
    assert.equal(record?.verdict, "passed");
    assert.deepEqual(
      clusters.of("b", "persistentvolumes", "").map(({ metadata }) => metadata.name),
      ["copy", "passing", "of-others"],
    );
    assert.match(record.steps.at(-1)?.detail ?? "", /gone; retained by their class: copy$/);
    assert.match(clusters.told.join("\n"), /volumes of the drill stay.*: copy;/);
  });

  for (const [title, faults, expected] of [
    ["comes back changed", { changes: "orders-a-keys" }, /different: Secret orders-a-keys/],
    ["does not come back", { loses: "orders-a" }, /not restored: StatefulSet orders-a/],
  ] as const)
    it(`fails when an object ${title}, by its name alone, and removes the drill all the same`, async () => {
      clusters.fault(faults);
      const record = await restore();
      assert.equal(record?.verdict, "failed");
      assert.match(record.findings.join("\n"), expected);
      assert.equal(record.measured.rtoSeconds, undefined);
      assert.ok(!JSON.stringify(record).includes("PLANTED"));
      assert.deepEqual(left(), []);
    });

  it("takes no offence at what was changed since the backup, and says it", async () => {
    clusters.change("a", (objects) => {
      const key = "configmaps/orders/orders-a-config";
      const found = objects[key];
      assert.ok(found !== undefined);
      const managedFields = [{ time: "2026-11-27T02:00:01Z" }];
      objects[key] = { ...found, metadata: { ...found.metadata, managedFields }, data: { a: "b" } };
    });
    const record = await restore();
    assert.equal(record?.verdict, "passed");
    assert.match(
      record.steps[5]?.detail ?? "",
      /^3 objects are equal; changed since the backup: ConfigMap orders-a-config$/,
    );
  });

  it("passes over kinds that a cluster does not serve", async () => {
    clusters.fault({ unknown: "cronjobs" });
    assert.equal((await restore())?.verdict, "passed");
  });

  for (const [title, status, expected] of [
    [
      "PartiallyFailed",
      { phase: "PartiallyFailed", errors: 3 },
      /PartiallyFailed, which is a failure.*3 errors/,
    ],
    [
      "Completed with volumes that were not restored",
      { restoreItemOperationsFailed: 1 },
      /2 of 2 volumes .* 1 failed/,
    ],
    [
      "FailedValidation",
      { phase: "FailedValidation", validationErrors: ["no such backup"] },
      /no such backup/,
    ],
  ] as const)
    it(`fails when the restore ends ${title}`, async () => {
      clusters.fault({ restore: status });
      const record = await restore();
      assert.equal(record?.verdict, "failed");
      assert.match(record.findings.join("\n"), expected);
      assert.deepEqual(left(), []);
    });

  it("fails when it took longer than the objective", async () => {
    const job = await clusters.job();
    const objectives = { ...job.plan.environment.objectives, restore: { rpo: 300, rto: 0.001 } };
    const plan = { ...job.plan, environment: { ...job.plan.environment, objectives } };
    const record = await restore({}, { plan });
    assert.match(record?.findings.join() ?? "", /^the restore took \d+ s, the objective is 0\.001 s$/);
  });

  for (const step of ["R1", "R2", "R3", "R4", "R5", "R6", "R7"])
    it(`may be killed after ${step}: the next call clears away what was left, and passes`, async () => {
      const killed = clusters.velero(["restore", "--into", "orders-drill", "--ready"], step);
      assert.equal(killed.signal, "SIGKILL");
      assert.equal(left().length > 0, !["R1", "R7"].includes(step));
      await new Promise((wake) => setTimeout(wake, 1100));
      const record = await restore();
      assert.equal(record?.verdict, "passed", record?.findings.join("\n"));
      assert.deepEqual(left(), []);
    });

  describe("of everything", () => {
    const ARGS = ["restore", "--into", "orders", "--everything", "--ready"];

    it("does nothing unless the namespace is confirmed", () => {
      const { code, err } = clusters.velero(ARGS);
      assert.deepEqual([code, /what helps: --confirm orders/.test(err)], [3, true], err);
      assert.deepEqual(clusters.of("b", "restores"), []);
    });

    it("brings services and policies too, stays, and is joined by a call after one that was killed", async () => {
      assert.equal(clusters.velero([...ARGS, "--confirm", "orders"], "R3").signal, "SIGKILL");
      const { code, err } = clusters.velero([...ARGS, "--confirm", "orders"]);
      assert.equal(code, 0, err);
      assert.equal(clusters.of("b", "restores").length, 1);
      assert.ok(clusters.of("b", "services", "orders").length > 0);
      assert.ok(clusters.of("b", "networkpolicies", "orders").length > 0);
      assert.match(
        clusters.records.at(-1)?.steps.find(({ id }) => id === "R6")?.detail ?? "",
        /^6 objects are equal$/,
      );
    });

    it("leaves a namespace alone that is there already", async () => {
      clusters.change("b", (objects) => {
        objects["namespaces//orders"] = { kind: "Namespace", metadata: { name: "orders" } };
      });
      await assert.rejects(restore({ everything: true, into: "orders" }), /orders is there at site b/);
      assert.deepEqual(clusters.of("b", "restores"), []);
    });
  });

  describe("refuses", () => {
    const namespace = (labels: Readonly<Record<string, string>>): Stored => ({
      kind: "Namespace",
      metadata: { name: "orders-drill", labels },
    });
    for (const [title, change, found, expected] of [
      [
        "the database's own namespace",
        { into: "orders" },
        undefined,
        /is the namespace of the database itself/,
      ],
      ["one of the cluster", { into: "kube-system" }, undefined, /is the cluster's own/],
      ["one that is somebody's", {}, namespace({ team: "shop" }), /pgkeep has not made it/],
      [
        "one that was kept to be looked at",
        {},
        namespace({ "pgkeep/asked": "true", "pgkeep/kept": "true" }),
        /was kept by an earlier restore/,
      ],
      [
        "a backup that is not there",
        { backup: { name: "orders-daily-1" } },
        undefined,
        /sees no backup orders-daily-1/,
      ],
      ["a backup of something else", { from: "ledger" }, undefined, /is of orders, not of ledger/],
    ] as const)
      it(`${title}, before anything is done`, async () => {
        if (found !== undefined)
          clusters.change("b", (objects) => {
            objects["namespaces//orders-drill"] = found;
          });
        await assert.rejects(restore(change), (error: unknown) => {
          assert.ok(error instanceof RefusedError);
          assert.match(error.message, expected);
          assert.ok((error.remedy ?? "") !== "");
          return true;
        });
        assert.doesNotMatch(clusters.calls, /create|delete|label/);
      });

    it("a backup that is not good, even where it is named", async () => {
      there(BACKUP, { phase: "PartiallyFailed", errors: 1 });
      for (const backup of [{ name: BACKUP }, { schedule: "orders-daily" }])
        await assert.rejects(
          restore({ backup }),
          /is not good: its phase is PartiallyFailed, which is a failure/,
        );
    });
  });

  it("says with --dry-run what it would do, and does nothing", async () => {
    assert.equal(await restore({}, { dryRun: true }), undefined);
    assert.match(
      clusters.told.join("\n"),
      /would restore orders-daily-20261127020000 as orders-drill at site b: all but/,
    );
    assert.doesNotMatch(clusters.calls, /create|delete|label/);
  });
});

describe("pgkeep velero status", function () {
  this.timeout(120_000);
  const clusters = new Clusters();
  after(() => clusters.remove());

  it("shows every cluster, and what is not as it must be", async () => {
    const before = clusters.velero(["status"]);
    assert.equal(before.code, 1);
    assert.match(before.out, /schedule orders-daily of site a has no backup/);
    assert.equal(clusters.velero(["backup"]).code, 0);
    const { code, out, err } = clusters.velero(["status"]);
    assert.equal(code, 0, err);
    assert.match(out, /^a +default +ReadWrite +Available$/m);
    assert.match(out, /^b +orders-daily-\d+ +orders-daily +Completed +/m);
    assert.match(out, /everything is as it must be/);
  });

  it("finds a bad newest backup, a paused schedule and what the other cluster does not see", () => {
    clusters.reset();
    clusters.fault({ unseen: true });
    const named = (name: string, status: object): Stored => ({
      kind: "Backup",
      metadata: { name, labels: { "velero.io/schedule-name": "orders-daily" } },
      spec: {},
      status,
    });
    clusters.change("a", (objects) => {
      const schedule = objects["schedules/velero/orders-daily"];
      assert.ok(schedule !== undefined);
      const spec = { ...(schedule["spec"] as object), paused: true };
      objects["schedules/velero/orders-daily"] = { ...schedule, spec };
      objects["backups/velero/one"] = named("one", {
        phase: "Completed",
        startTimestamp: "2026-11-26T02:00:00Z",
      });
      objects["backups/velero/two"] = named("two", {
        phase: "PartiallyFailed",
        errors: 4,
        startTimestamp: "2026-11-27T02:00:00Z",
      });
    });
    const { code, out } = clusters.velero(["status", "--json"]);
    const { ok, problems } = JSON.parse(out) as { ok: boolean; problems: string[] };
    assert.deepEqual([code, ok], [1, false]);
    assert.deepEqual(problems, [
      "schedule orders-daily of site a is paused",
      "the newest backup of orders-daily, two, is not good: its phase is PartiallyFailed, which is a failure: something is missing from it; 4 errors",
      "site b does not see one of site a yet",
    ]);
  });
});
