import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  isLocked,
  parseExpire,
  parseInfo,
  parseVerify,
} from "../../../operations/adapters/pgbackrest-output.js";

/** What pgBackRest 2.55.1 and 2.60.0 really printed, with PostgreSQL 17 and 18. */
const sample = (name: string): string => readFileSync(join(__dirname, "samples", name), "utf8");

describe("pgBackRest's output", () => {
  for (const [version, major] of [
    ["2.55.1", "17"],
    ["2.60.0", "18"],
  ] as const) {
    it(`info of ${version}`, () => {
      const { state, backups, systemIdentifier } = parseInfo(sample(`info-${version}.out`), "orders");
      assert.equal(state, "ok");
      assert.match(systemIdentifier ?? "", /^\d{19}$/);
      assert.ok(!Number.isSafeInteger(Number(systemIdentifier)), "exact although no number carries it");
      assert.deepEqual(
        backups.map(({ type, error, archiveId }) => ({ type, error, archiveId })),
        [
          { type: "full", error: false, archiveId: `${major}-1` },
          { type: "diff", error: false, archiveId: `${major}-1` },
        ],
      );
      assert.deepEqual(backups[1]?.needs, [backups[0]?.label]);
      assert.equal(backups[0]?.firstSegment, "000000010000000000000003");
    });

    it(`info of ${version} with a wrong passphrase`, () => {
      const { state, detail, backups } = parseInfo(sample(`info-wrong-passphrase-${version}.out`), "orders");
      assert.equal(state, "broken");
      assert.deepEqual(backups, []);
      assert.match(detail, /unable to load info file/);
      assert.match(detail, /^[\x20-\x7e]*$/);
    });

    it(`verify of ${version}: sound and damaged, both with exit code 0`, () => {
      const sound = parseVerify(sample(`verify-ok-${version}.out`));
      assert.deepEqual([sound.ok, sound.problems, sound.valid.length], [true, [], 2]);
      const damaged = parseVerify(sample(`verify-damaged-${version}.out`));
      assert.equal(damaged.ok, false);
      assert.match(
        damaged.problems.join("; "),
        /status: error.*F is invalid: \d+ of \d+.*1 with a wrong checksum/,
      );
    });
  }

  it("info of a stanza that is missing or empty, and of another stanza", () => {
    assert.equal(parseInfo(sample("info-missing-2.55.1.out"), "orders").state, "missing");
    assert.equal(parseInfo(sample("info-empty-2.55.1.out"), "orders").state, "empty");
    assert.equal(parseInfo(sample("info-2.55.1.out"), "other").state, "missing");
    assert.equal(parseInfo("[]", "orders").state, "missing");
    for (const text of ["", "ERROR: [041]", "{}", '[{"name":1}]'])
      assert.throws(() => parseInfo(text, "orders"));
  });

  it("a lock held beside a remote primary, which looks like a missing primary", () => {
    const stderr = sample("stanza-create-locked-2.55.1.err");
    assert.ok(isLocked({ code: 56, stdout: "", stderr }));
    assert.ok(isLocked({ code: 50, stdout: "", stderr: "" }));
    const unreachable = stderr.replace("LockAcquireError", "HostConnectError");
    assert.ok(!isLocked({ code: 56, stdout: "", stderr: unreachable }));
    assert.ok(!isLocked({ code: 55, stdout: "", stderr }));
    assert.ok(!isLocked({ code: 0, stdout: "", stderr }));
  });

  it("verify of damaged WAL, of a missing file, of a repository that cannot be read, and of silence", () => {
    assert.match(
      parseVerify(sample("verify-wal-damaged-2.55.1.out")).problems.join("; "),
      /archive 17-1: 6 of 7 WAL files are valid/,
    );
    const missing = parseVerify(sample("verify-bundle-missing-2.55.1.out"));
    assert.deepEqual([missing.ok, missing.valid], [false, []]);
    assert.match(
      parseVerify(sample("verify-unreadable-2.55.1.out")).problems.join("; "),
      /No usable backup.info/,
    );
    assert.equal(parseVerify("").ok, false);
    assert.equal(parseVerify("stanza: orders\n").ok, false);
  });

  it("verify: any changed word or number of a sound output is no longer sound", () => {
    const lines = sample("verify-ok-2.55.1.out").trimEnd().split("\n");
    for (const [index, line] of lines.entries()) {
      if (index === 0) continue;
      const changed = line.replace(
        /\bok\b|\bvalid,|: 0\b/,
        (word) => ({ ok: "error", "valid,": "invalid," })[word] ?? ": 1",
      );
      if (changed === line) continue;
      assert.equal(
        parseVerify([...lines.slice(0, index), changed, ...lines.slice(index + 1)].join("\n")).ok,
        false,
        changed,
      );
    }
    assert.equal(parseVerify(`${lines.join("\n")}\n  something new\n`).ok, false);
  });

  it("verify: never calls anything sound that has no status line", () => {
    fc.assert(fc.property(fc.string(), (text) => parseVerify(text).ok === /^status: ok$/m.test(text)));
  });

  it("expire --dry-run", () => {
    assert.deepEqual(parseExpire(sample("expire-2.55.1.out")), ["20261122-105854F"]);
    assert.deepEqual(parseExpire(""), []);
  });
});
