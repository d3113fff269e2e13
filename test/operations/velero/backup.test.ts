import assert from "node:assert/strict";
import { systemClock } from "../../../operations/adapters/clock.js";
import { RefusedError } from "../../../operations/errors.js";
import type { EvidenceRecord } from "../../../operations/evidence/index.js";
import { veleroBackup } from "../../../operations/jobs/velero/backup.js";
import type { VeleroJob } from "../../../operations/jobs/velero/job.js";
import { KubernetesError, type Clock } from "../../../operations/ports/index.js";
import { Clusters, type Stored } from "./clusters.js";

const LOCATION = "backupstoragelocations/velero/default";
const SCHEDULE = "schedules/velero/orders-daily";

interface Document {
  readonly ok: boolean;
  readonly record: { readonly kind: string; readonly verdict: string; readonly findings: readonly string[] };
}

describe("pgkeep velero backup", function () {
  this.timeout(120_000);
  const clusters = new Clusters();
  beforeEach(() => clusters.reset());
  after(() => clusters.remove());

  const made = (): Stored[] => clusters.of("a", "backups");
  const names = (): string[] => made().map(({ metadata }) => metadata.name);
  /** In this process; kubectl is one of its own. */
  const backup = async (
    schedule = "orders-daily",
    change: Partial<VeleroJob> = {},
    objectsOnly = false,
  ): Promise<EvidenceRecord | undefined> =>
    veleroBackup(await clusters.job(change), {
      cluster: clusters.cluster("a"),
      schedule,
      readers: [clusters.cluster("b")],
      objectsOnly,
    });

  it("makes one from the schedule as Velero itself would, waits for its end, and proves that the other cluster sees it", () => {
    const { code, out, err } = clusters.velero(["backup", "--json"]);
    assert.equal(code, 0, err);
    const { ok, record } = JSON.parse(out) as Document;
    assert.deepEqual([ok, record.kind, record.verdict], [true, "velero-backup", "passed"]);
    const [found, ...more] = made();
    assert.deepEqual(more, []);
    assert.match(found?.metadata.name ?? "", /^orders-daily-\d{14}$/);
    assert.deepEqual(found?.metadata.labels, {
      "app.kubernetes.io/managed-by": "pgkeep",
      "velero.io/schedule-name": "orders-daily",
      "pgkeep/asked": "true",
    });
    assert.deepEqual(found.metadata["annotations"], { "velero.io/csi-volumesnapshot-class_csi": "fast" });
    assert.deepEqual(found["spec"], {
      includedNamespaces: ["orders"],
      storageLocation: "default",
      ttl: "168h",
      snapshotMoveData: true,
    });
    assert.match(err, /is InProgress/);
    const [written] = clusters.records;
    assert.ok(written !== undefined);
    const { id, steps, backup: named } = written;
    assert.equal(id, `velero-backup-a-${found.metadata.name}`);
    assert.equal(named?.label, found.metadata.name);
    assert.deepEqual(
      steps.map((step) => [step.id, step.outcome]),
      [
        ["V1", "passed"],
        ["V2", "passed"],
        ["V3", "passed"],
      ],
    );
    assert.match(steps[1]?.detail ?? "", /^Completed, 40 of 40 objects, 2 volumes moved, 0 errors/);
  });

  for (const [title, status, expected] of [
    [
      "PartiallyFailed",
      { phase: "PartiallyFailed", errors: 2 },
      /PartiallyFailed, which is a failure.*2 errors/,
    ],
    ["Failed with its reason", { phase: "Failed", failureReason: "no room" }, /its phase is Failed; no room/],
    [
      "FailedValidation",
      { phase: "FailedValidation", validationErrors: ["unknown location"] },
      /unknown location/,
    ],
    ["Completed with errors", { errors: 1 }, /is not good: 1 errors/],
    ["Completed without a snapshot", { csiVolumeSnapshotsCompleted: 1 }, /1 of 2 snapshots were completed/],
    [
      "Completed with data that was not moved",
      { backupItemOperationsCompleted: 1, backupItemOperationsFailed: 1 },
      /1 of 2 volumes were completed, 1 failed/,
    ],
    ["Completed with a hook that failed", { hookStatus: { hooksFailed: 1 } }, /1 hooks failed/],
  ] as const)
    it(`is failed by a backup that ends ${title}`, async () => {
      clusters.fault({ backup: status });
      const record = await backup();
      assert.equal(record?.verdict, "failed");
      assert.match(record.findings.join("\n"), expected);
      assert.deepEqual(clusters.records, [record]);
    });

  describe("Completed without what volumes hold", () => {
    const none = { csiVolumeSnapshotsAttempted: 0, csiVolumeSnapshotsCompleted: 0 };
    const nothing = { ...none, backupItemOperationsAttempted: 0, backupItemOperationsCompleted: 0 };
    beforeEach(() => clusters.fault({ backup: nothing }));

    it("is a failure that names the claims", async () => {
      const record = await backup();
      assert.equal(record?.verdict, "failed");
      assert.match(
        record.findings.join(),
        /lacks what volumes hold: 0 of 1 were snapshot \(data-orders-a-0\)/,
      );
    });

    it("is good where nobody asked for it", async () => {
      assert.equal((await backup("orders-daily", {}, true))?.verdict, "passed");
      clusters.change("a", (objects) => {
        const schedule = objects[SCHEDULE];
        assert.ok(schedule !== undefined);
        const { template, ...spec } = schedule["spec"] as { template: object };
        objects[SCHEDULE] = {
          ...schedule,
          spec: { ...spec, template: { ...template, snapshotVolumes: false } },
        };
      });
      await new Promise((wake) => setTimeout(wake, 1100));
      assert.equal((await backup())?.verdict, "passed");
    });

    it("is good where the data mover has taken them all", async () => {
      clusters.fault({ backup: none });
      assert.equal((await backup())?.verdict, "passed");
    });

    it("takes no offence at a claim that is left out, or younger", async () => {
      clusters.change("a", (objects) => {
        const key = "persistentvolumeclaims/orders/data-orders-a-0";
        const claim = objects[key];
        assert.ok(claim !== undefined);
        const labels = { "velero.io/exclude-from-backup": "true" };
        objects[key] = { ...claim, metadata: { ...claim.metadata, labels } };
        const metadata = { ...claim.metadata, name: "younger", creationTimestamp: "2099-01-01T00:00:00Z" };
        objects["persistentvolumeclaims/orders/younger"] = { ...claim, metadata };
      });
      assert.equal((await backup())?.verdict, "passed");
    });
  });

  it("ends with exit code 1 when a backup is PartiallyFailed, and says so", () => {
    clusters.fault({ backup: { phase: "PartiallyFailed", errors: 2 } });
    const { code, out } = clusters.velero(["backup"]);
    assert.equal(code, 1);
    assert.match(out, /: FAILED, backup orders-daily-\d+\n.*PartiallyFailed, which is a failure/);
  });

  it("is failed by another cluster that does not see it", async () => {
    clusters.fault({ unseen: true });
    const watch = { poll: 1, patience: 6000, silence: 60 };
    const record = await backup("orders-daily", { clock: hasty(), watch });
    assert.equal(record?.verdict, "failed");
    assert.match(record.findings.join(), /at site b has not come within 10 minutes/);
  });

  it("joins the one that runs instead of making a second", async () => {
    const name = "orders-daily-20261127020000";
    clusters.change("a", (objects) => {
      objects[`backups/velero/${name}`] = {
        kind: "Backup",
        metadata: { name, namespace: "velero", labels: { "velero.io/schedule-name": "orders-daily" } },
        spec: { includedNamespaces: ["orders"] },
        status: { phase: "InProgress", startTimestamp: "2026-11-27T02:00:00Z" },
      };
    });
    assert.equal((await backup())?.verdict, "passed");
    assert.deepEqual(names(), [name]);
  });

  it("goes on when the API server is away for a while", async () => {
    clusters.fault({ away: [6, 9] });
    const record = await backup();
    assert.equal(record?.verdict, "passed", record?.findings.join("\n"));
    assert.ok(clusters.told.some((text) => /does not answer.*what runs goes on, looking again/.test(text)));
  });

  it("gives up when nothing comes within its patience, and leaves what runs to the next call", async () => {
    clusters.fault({ backup: { phase: "Finalizing" } });
    const record = await backup("orders-daily", { clock: hasty() });
    assert.match(
      record?.findings.join() ?? "",
      /has not come within 1 minutes; what runs goes on.*run the same command again/,
    );
    clusters.fault({});
    assert.equal((await backup())?.verdict, "passed");
    assert.equal(names().length, 1);
  });

  for (const step of ["V1", "V2", "V3"])
    it(`may be killed after ${step}: the next call goes on from there, and no record is missing`, async () => {
      assert.equal(clusters.velero(["backup"], step).signal, "SIGKILL");
      assert.equal(clusters.records.length, 0);
      assert.equal(made().length, 1);
      // Names have the second in them.
      await new Promise((wake) => setTimeout(wake, 1100));
      assert.equal((await backup())?.verdict, "passed");
      assert.equal(made().length, step === "V1" ? 1 : 2);
      assert.deepEqual(
        clusters.records.map(({ backup: each, verdict }) => [each?.label, verdict]),
        names().map((name) => [name, "passed"]),
      );
    });

  it("says with --dry-run what it would do, and does nothing", () => {
    const { code, err } = clusters.velero(["backup", "--dry-run"]);
    assert.equal(code, 0, err);
    assert.match(err, /would make a backup from schedule orders-daily of site a/);
    assert.deepEqual([made(), clusters.records], [[], []]);
    assert.doesNotMatch(clusters.calls, /create|delete|label/);
  });

  for (const [title, schedule, key, change, expected] of [
    ["a schedule that is not there", "orders-hourly", LOCATION, {}, /has no schedule orders-hourly/],
    [
      "a schedule that Velero has refused",
      "orders-daily",
      SCHEDULE,
      { status: { phase: "FailedValidation", validationErrors: ["invalid schedule"] } },
      /Velero refuses schedule orders-daily: invalid schedule/,
    ],
    [
      "a read-only location",
      "orders-daily",
      LOCATION,
      { spec: { default: true, accessMode: "ReadOnly" } },
      /location default of site a is read-only/,
    ],
    [
      "a location that is away",
      "orders-daily",
      LOCATION,
      { status: { phase: "Unavailable" } },
      /location default of site a is Unavailable/,
    ],
  ] as const)
    it(`refuses ${title} before anything is made`, async () => {
      clusters.change("a", (objects) => {
        const found = objects[key];
        assert.ok(found !== undefined);
        objects[key] = { ...found, ...change };
      });
      await assert.rejects(backup(schedule), (error: unknown) => {
        assert.ok(error instanceof RefusedError);
        assert.match(error.message, expected);
        assert.ok((error.remedy ?? "") !== "");
        return true;
      });
      assert.deepEqual(made(), []);
    });

  for (const [said, expected, remedy] of [
    ['error: context "cluster-a" does not exist', /has no such context/, /--kubeconfig/],
    [
      "Error from server (Forbidden): schedules is forbidden",
      /the account may not do this/,
      /kubernetes-backup/,
    ],
    ["error: You must be logged in to the server (Unauthorized)", /does not accept the credentials/, /renew/],
    ["x509: certificate signed by unknown authority", /certificate is not trusted/, /authority/],
    ['error: the server doesn\'t have a resource type "schedules"', /does not know/, /install Velero/],
    ["dial tcp 127.0.0.1:6443: connect: connection refused", /API server does not answer/, /next call/],
    ["error: something new", /kubectl get failed \(error: something new\)/, /look at/],
  ] as const)
    it(`says what "${said.slice(0, 50)}" means, and what helps`, async () => {
      clusters.fault({ says: said });
      await assert.rejects(clusters.cluster("a").schedules(), (error: unknown) => {
        assert.ok(error instanceof KubernetesError);
        assert.match(error.message, expected);
        assert.match(error.remedy ?? "", remedy);
        return true;
      });
    });

  it("refuses an answer that it does not understand, with the place in it", async () => {
    clusters.change("a", (objects) => {
      objects[LOCATION] = { ...objects[LOCATION], spec: { accessMode: "Sometimes" } } as unknown as Stored;
    });
    await assert.rejects(
      clusters.cluster("a").locations(),
      /cannot be understood: items\.0\.spec\.accessMode/,
    );
  });
});

/** A clock on which a pause is over at once. */
function hasty(): Clock {
  let seconds = 0;
  const clock = systemClock();
  return {
    now: () => clock.now(),
    monotonic: () => seconds,
    sleep: () => Promise.resolve(void (seconds += 120)),
  };
}
