import assert from "node:assert/strict";
import { EvidenceStore, type EvidenceBody } from "../../../operations/evidence/index.js";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../../operations/context.js";
import { clusterCopies } from "../../../operations/jobs/status/copies.js";
import { status } from "../../../operations/jobs/status/status.js";
import { failoverBody } from "../evidence/records.js";
import { FakeRepository } from "./fake-repository.js";

describe("status of the copies and what proves them", () => {
  let directory: string;
  let repository: FakeRepository;
  let evidence: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "pgkeep-status-"));
    evidence = join(directory, "evidence.jsonl");
    repository = new FakeRepository();
    repository.full("LAST", 0.1);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const hoursAgo = (hours: number): string =>
    new Date(repository.now.getTime() - hours * 3_600_000).toISOString();
  const record = async (
    kind: EvidenceBody["kind"],
    hours: number,
    findings: string[] = [],
  ): Promise<void> => {
    const verdict = findings.length === 0 ? "passed" : "failed";
    const times = { started: hoursAgo(hours), finished: hoursAgo(hours) };
    const id = `${kind}-${hours}`;
    await new EvidenceStore(evidence).append(failoverBody({ id, kind, verdict, findings, ...times }));
  };
  const context = (change: (text: string) => string = (text) => text): FakeRepository["context"] => ({
    ...repository.context,
    host: () =>
      ({ files: { read: () => Promise.resolve(change(readFileSync(evidence, "utf8"))) } }) as unknown as Host,
  });
  const everything = async (findings: string[] = []): Promise<void> => {
    for (const kind of ["drill-restore", "drill-failover", "drill-site"] as const) await record(kind, 30);
    await record("verify", 2, findings);
  };

  it("all is well when each is young and the last of its kind passed", async () => {
    await everything();
    assert.deepEqual(
      (await clusterCopies(context())).map(({ what, overdue, problem }) => ({ what, overdue, problem })),
      ["base backup", "verification", "restore drill", "failover drill", "site drill"].map((what) => ({
        what,
        overdue: false,
        problem: undefined,
      })),
    );
  });

  it("a verification that found damage is a problem, however young it is", async () => {
    await everything(["V2 every file is what was written: backup LAST is invalid"]);
    const { problems, ok } = await status(context());
    assert.equal(ok, false);
    assert.match(problems.join("\n"), /verification: the last one failed: V2 .*LAST is invalid/);
  });

  it("a verification that is late is one, and one that never was", async () => {
    await record("verify", 40);
    const { problems } = await status(context());
    assert.match(problems.join("\n"), /^verification: 40 h old, at most 26 h by its schedule$/m);
    assert.match(problems.join("\n"), /^restore drill: none yet$/m);
  });

  it("evidence that somebody changed is one, although nothing is late", async () => {
    await everything();
    const { problems } = await status(context((text) => text.replace('"sequence":4', '"sequence":5')));
    assert.match(problems.join("\n"), /the evidence is broken: line 4/);
    const cut = await status(context((text) => text.slice(0, -5)));
    assert.match(cut.problems.join("\n"), /the evidence is broken: the last line is incomplete/);
  });
});
