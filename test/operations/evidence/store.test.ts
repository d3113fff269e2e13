import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EvidenceStore, type EvidenceBody } from "../../../operations/evidence/index.js";
import { failoverBody } from "./records.js";

describe("evidence store", () => {
  let directory: string;
  let path: string;
  let store: EvidenceStore;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "evidence-"));
    path = join(directory, "deep", "evidence.jsonl");
    store = new EvidenceStore(path);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const day = (number: number): string => new Date(Date.UTC(2026, 0, number)).toISOString();
  const retention = (removed: NonNullable<EvidenceBody["removed"]>): EvidenceBody =>
    failoverBody({ kind: "retention", finished: day(400), removed });

  it("appends, verifies and knows old heads", async () => {
    const first = await store.append(failoverBody());
    await store.append(failoverBody({ id: "two" }));
    const result = store.verify(first.record.hash);
    assert.deepEqual(result.problems, []);
    assert.equal(result.records.length, 2);
    assert.equal(store.verify("f".repeat(64)).intact, false);
  });

  it("keeps one record of an id, also when two calls write it at a time", async () => {
    const all = await Promise.all([1, 2, 3].map(() => store.append(failoverBody())));
    assert.deepEqual(new Set(all.map(({ record }) => record.hash)).size, 1);
    assert.equal(store.verify().records.length, 1);
  });

  it("heals a torn last line, keeps it aside and says so", async () => {
    await store.append(failoverBody());
    appendFileSync(path, '{"half":');
    assert.equal(store.verify().intact, false);
    const { healed } = await store.append(failoverBody({ id: "two" }), new Date("2026-11-22T12:00:00Z"));
    assert.match(healed.join(), /incomplete last line \(8 bytes\)/);
    assert.equal(store.verify().intact, true);
    const aside = readdirSync(join(directory, "deep")).find((name) => name.includes("torn"));
    assert.ok(aside !== undefined);
    assert.equal(readFileSync(join(directory, "deep", aside), "utf8"), '{"half":');
  });

  it("finds an end cut off at a line, and a missing head", async () => {
    await store.append(failoverBody());
    const whole = readFileSync(path);
    await store.append(failoverBody({ id: "two" }));
    truncateSync(path, whole.length);
    assert.match(store.verify().problems.join(), /records 2 to 2 were cut off/);
    await assert.rejects(store.append(failoverBody({ id: "three" })), /damaged/);
    rmSync(`${path}.head`);
    assert.match(store.verify().problems.join(), /head is missing/);
  });

  it("accepts a crash between the record and the head, and goes on", async () => {
    await store.append(failoverBody());
    const head = readFileSync(`${path}.head`);
    await store.append(failoverBody({ id: "two" }));
    writeFileSync(`${path}.head`, head);
    assert.equal(store.verify().intact, true);
    await store.append(failoverBody({ id: "three" }));
    assert.equal(store.verify().intact, true);
  });

  it("never adds to a damaged chain", async () => {
    await store.append(failoverBody());
    writeFileSync(path, readFileSync(path, "utf8").replace("pg-a1", "pg-a2"));
    await assert.rejects(store.append(failoverBody({ id: "two" })), /does not fit its hash/);
  });

  it("removes old records and stays verifiable, twice", async () => {
    for (let number = 1; number <= 10; number += 1)
      await store.append(failoverBody({ id: `d${number}`, finished: day(number) }));
    const third = store.read().records[2];
    assert.equal(await store.prune(new Date(day(4)), retention), 3);
    assert.deepEqual(store.verify(third?.hash).problems, []);
    assert.deepEqual(
      store.read().records.map(({ sequence }) => sequence),
      [4, 5, 6, 7, 8, 9, 10, 11],
    );
    assert.equal(await store.prune(new Date(day(4)), retention), 0);
    assert.equal(await store.prune(new Date(day(8)), retention), 4);
    assert.deepEqual(store.verify().problems, []);
    // Whoever removes a record by hand is found.
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.slice(1).join("\n"));
    assert.match(store.verify().problems.join(), /missing and no retention record/);
  });

  it("finishes a removal that died after its record was written", async () => {
    for (let number = 1; number <= 5; number += 1)
      await store.append(failoverBody({ id: `d${number}`, finished: day(number) }));
    const before = readFileSync(path, "utf8");
    await store.prune(new Date(day(3)), retention);
    const last = readFileSync(path, "utf8").trimEnd().split("\n").at(-1) ?? "";
    writeFileSync(path, `${before}${last}\n`);
    assert.equal(store.verify().intact, true);
    assert.equal(await store.prune(new Date(day(3)), retention), 2);
    assert.equal(store.verify().intact, true);
    assert.equal(store.read().records.length, 4);
  });

  it("takes records of several processes at once, and a lock whose holder was killed", async function () {
    this.timeout(60_000);
    await store.append(failoverBody());
    writeFileSync(`${path}.lock`, "999999999 1");
    const script = join(__dirname, "appender.ts");
    const run = (): Promise<number | null> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, ["--import", "tsx", script, path], {
          stdio: "inherit",
        });
        child.on("exit", resolve);
      });
    assert.deepEqual(await Promise.all([run(), run(), run()]), [0, 0, 0]);
    const { problems, records } = store.verify();
    assert.deepEqual(problems, []);
    assert.equal(records.length, 31);
  });
});
