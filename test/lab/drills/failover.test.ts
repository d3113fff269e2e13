import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { EvidenceRecord } from "../../../operations/evidence/index.js";

interface Outcome {
  readonly records: readonly EvidenceRecord[];
  readonly problems: readonly string[];
  readonly table: string;
}

/** Runs scenarios in a network space of its own: two members and a witness with real etcd, Patroni and PostgreSQL. */
function scenarios(
  major: 17 | 18,
  mode: "sync" | "async",
  promotion: "automatic" | "manual",
  ...names: string[]
): Promise<Outcome> {
  const script = `${__dirname}/trio-run.ts`;
  const argv = ["-n", process.execPath, "--import", "tsx", script, String(major), mode, promotion, ...names];
  // Ended by a signal it stops its machines, which mocha's own limit would leave running.
  const child = spawn("unshare", argv, { stdio: ["ignore", "pipe", "inherit"], timeout: 9 * 60_000 });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(text) as Outcome);
      else reject(new Error(`the scenarios ended with ${code ?? "a signal"}`));
    });
  });
}

/** What must be true of every failover drill, whatever was lost and how. */
function assertDrill(record: EvidenceRecord | undefined): asserts record is EvidenceRecord {
  assert.ok(record !== undefined);
  assert.deepEqual(record.findings, []);
  assert.equal(record.verdict, "passed");
  const ids = record.steps.map(({ id }) => id);
  for (const id of ["F1", "F6", "F2", "F9", "F4", "F5", "F8", "K3"])
    assert.ok(ids.includes(id), `${id} in ${ids.join()}`);
  const { rtoSeconds = Number.NaN } = record.measured;
  // The lease of 20 s must run out first; a loss that nobody noticed would be shorter.
  assert.ok(rtoSeconds > 5 && rtoSeconds <= (record.objectives?.rtoSeconds ?? 0), `${rtoSeconds} s`);
  assert.ok(record.outage?.to !== undefined && record.outage.to - record.outage.from - rtoSeconds < 0.01);
}

describe("failover drills on real etcd, Patroni and PostgreSQL", function () {
  this.timeout(10 * 60_000);

  it("17, synchronous: cut between the sites, then a kill: exactly one primary, nothing acknowledged is lost", async () => {
    const { records, problems, table } = await scenarios(17, "sync", "automatic", "cut", "kill");
    assert.deepEqual(problems, []);
    const [cut, kill] = records.filter(({ kind }) => kind === "drill-failover");
    assertDrill(cut);
    assertDrill(kill);
    for (const { measured } of [cut, kill]) assert.deepEqual([measured.rpoRows, measured.rpoSeconds], [0, 0]);
    const proof = cut.steps.find(({ id }) => id === "F5b");
    assert.equal(proof?.outcome, "passed");
    // Both members were primary, one after the other, seen by a probe beside each of them.
    assert.match(proof.detail, /pg-a1 .*pg-b1 /);
    assert.match(table, /Failover drill +RTO .*met\n +RPO +0 s .*0 s \(0 rows\) +met/);
  });

  it("18, asynchronous behind a slow line: the loss is told in rows and seconds and within what was computed", async () => {
    const { records, problems } = await scenarios(18, "async", "automatic", "lag", "move", "restore");
    assert.deepEqual(problems, []);
    const drill = records.find(({ kind }) => kind === "drill-failover");
    assertDrill(drill);
    const { rpoRows = 0, rpoSeconds = 0 } = drill.measured;
    assert.ok(rpoRows > 0 && rpoSeconds > 0.5, `${rpoRows} rows, ${rpoSeconds} s`);
    assert.ok(
      rpoSeconds <= (drill.computed?.rpoSeconds ?? 0),
      `computed ${drill.computed?.rpoSeconds ?? "nothing"}`,
    );
    // Planned move and back, then a restore over every timeline that came of it.
    for (const kind of ["failover", "failback", "drill-restore"])
      assert.equal(records.find((record) => record.kind === kind)?.verdict, "passed", kind);
  });

  it("17, by hand: a dead primary is fenced and replaced by command, once, and comes back; the drill does the same", async () => {
    const { records, problems } = await scenarios(17, "sync", "manual", "forced", "kill");
    assert.deepEqual(problems, []);
    const [forced, again] = records.filter(({ kind }) => kind === "failover");
    assert.deepEqual(
      forced?.steps.map(({ id, outcome }) => [id, outcome]),
      ["S1", "S2", "S3"].map((id) => [id, "passed"]),
    );
    assert.equal(forced?.steps[0]?.detail, "pg-a1 is off and marked");
    assert.ok((forced?.measured.rtoSeconds ?? 0) > 0);
    assert.equal(again?.verdict, "passed");
    assert.equal(again.steps[0]?.outcome, "skipped");
    assert.match(again.steps[1]?.name ?? "", /^pg-b1 becomes primary$/);
    const back = records.find(({ kind }) => kind === "failback");
    assert.deepEqual(back?.findings, []);
    const drill = records.find(({ kind }) => kind === "drill-failover");
    assertDrill(drill);
    assert.deepEqual([drill.measured.rpoRows, drill.measured.rpoSeconds], [0, 0]);
  });
});
