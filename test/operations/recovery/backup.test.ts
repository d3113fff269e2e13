import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../../operations/context.js";
import { EvidenceStore, type EvidenceRecord } from "../../../operations/evidence/index.js";
import { backup } from "../../../operations/jobs/backup.js";
import { restoreDrill } from "../../../operations/jobs/drill-restore/index.js";
import { siteDrill } from "../../../operations/jobs/drill-site/index.js";
import { verify } from "../../../operations/jobs/verify.js";
import { FakeRepository } from "./fake-repository.js";

describe("jobs on the repository", () => {
  let directory: string;
  let evidence: string;
  let repository: FakeRepository;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "pgkeep-backup-"));
    evidence = join(directory, "evidence.jsonl");
    repository = new FakeRepository();
    repository.full("OLD", 14);
    repository.full("LAST", 7);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const take = async (): Promise<EvidenceRecord> => {
    const record = await backup(repository.context, { type: "full", evidence });
    assert.ok(record !== undefined);
    return record;
  };
  const step = ({ steps }: EvidenceRecord, id: string): string =>
    `${steps.find((candidate) => candidate.id === id)?.outcome}: ${steps.find((candidate) => candidate.id === id)?.detail}`;
  const labels = (): string[] => repository.backups.map(({ label }) => label);

  it("takes the backup although the rows cannot be counted, and says so", async () => {
    repository.broken = true;
    const record = await take();
    assert.deepEqual(record.findings, []);
    assert.match(step(record, "B3"), /no census: not ended after 900 s/);
    assert.match(repository.warnings.join(), /no census is stored with this backup/);
    assert.deepEqual(labels(), ["OLD", "LAST", "NEW"]);
  });

  it("removes an old full after a verification found a full valid that stays, and reads nothing twice", async () => {
    await verify(repository.context, { evidence });
    repository.commands.length = 0;
    repository.expirable = ["OLD"];
    const record = await take();
    assert.match(step(record, "B6"), /passed: removed OLD; LAST was found valid at 2026-11-22/);
    assert.deepEqual(labels(), ["LAST", "NEW"]);
    assert.ok(!repository.commands.includes("verify"));
  });

  it("verifies before it removes when no verification of late tells of a full that stays", async () => {
    const proofs: ((repository: FakeRepository) => Promise<unknown>)[] = [
      // None at all, one that is too old, and one that failed.
      () => Promise.resolve(),
      async (fake) => {
        await verify(fake.context, { evidence });
        fake.seconds += 3 * 86400;
      },
      async (fake) => {
        fake.full("BAD", 1, false);
        await verify(fake.context, { evidence });
      },
    ];
    for (const prove of proofs) {
      repository = new FakeRepository();
      repository.full("OLD", 14);
      repository.full("LAST", 7);
      await prove(repository);
      repository.commands.length = 0;
      repository.expirable = ["OLD"];
      assert.match(step(await take(), "B6"), /passed: removed OLD; LAST was verified just now/);
      assert.ok(repository.commands.indexOf("verify") < repository.commands.indexOf("expire"));
      assert.ok(!labels().includes("OLD"));
    }
  });

  it("keeps the last good full when the newer ones are damaged", async () => {
    repository = new FakeRepository();
    repository.full("OLD", 14);
    repository.full("LAST", 7, false);
    // The disk damages the new one, too.
    const { context } = repository;
    const step = (text: string): void => {
      if (text.startsWith("B6")) for (const entry of repository.backups.slice(1)) entry.valid = false;
    };
    repository.expirable = ["OLD"];
    const record = await backup(
      { ...context, output: { ...context.output, step } },
      { type: "full", evidence },
    );
    assert.equal(record?.verdict, "failed");
    assert.match(record?.findings.join() ?? "", /B6 .*nothing was removed: no full that would stay is valid/);
    assert.deepEqual(labels(), ["OLD", "LAST", "NEW"]);
    assert.ok(!repository.commands.includes("expire"));
  });

  it("work one after the other: none of them touches the repository without its lock", async () => {
    await take();
    await verify(repository.context, { evidence });
    await restoreDrill(repository.context, { target: "latest", evidence });
    assert.equal(repository.locked.length, 3);
    assert.ok(repository.locked.every((path) => path.endsWith("/w1-repository.lock")));
    assert.deepEqual(repository.unguarded, []);
    assert.equal(repository.held.size, 0);
  });

  it("do nothing while another job holds the lock, nor does a site drill beside another on the same replica", async () => {
    const { context } = repository;
    const files = {
      makeDirectory: () => Promise.resolve(),
      read: () => Promise.resolve("drill (process 7)\n"),
    };
    const busy = {
      ...context,
      host: () => ({ files, shell: { hold: () => Promise.resolve(undefined) } }) as unknown as Host,
    };
    await assert.rejects(
      restoreDrill(busy, { target: "latest", evidence }),
      /another job works on w1-repository: drill \(process 7\)/,
    );
    await assert.rejects(siteDrill(busy, { evidence }), /another job works on pg-\w+-drill/);
    assert.deepEqual(repository.commands, []);
  });

  it("leave a failed record of a restore drill although the repository's guest is down", async () => {
    repository.down = true;
    const record = await restoreDrill(repository.context, { target: "latest", evidence });
    assert.equal(record?.verdict, "failed");
    assert.match(record?.findings.join() ?? "", /R1 .*guest agent of w1 does not answer/);
    assert.equal(new EvidenceStore(evidence).read().records.at(-1)?.kind, "drill-restore");
  });
});
