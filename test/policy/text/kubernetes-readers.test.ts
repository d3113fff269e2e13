import assert from "node:assert/strict";
import fc from "fast-check";
import { longestGap } from "../../../policy/text/cron.js";
import { falcoRules, faultsOf, watchesPostgres } from "../../../policy/text/falco.js";
import { parseGoDuration } from "../../../components/declaration/index.js";
import { parseImage } from "../../../components/declaration/index.js";
import { isOlder, versionOf } from "../../../policy/text/image.js";
import { parseQuantity } from "../../../policy/text/quantity.js";

describe("image references", () => {
  it("are taken apart, a registry's port too", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    assert.deepEqual(parseImage(`localhost:5000/a/postgres:18.6-trixie@${digest}`), {
      repository: "localhost:5000/a/postgres",
      name: "postgres",
      tag: "18.6-trixie",
      digest,
    });
    assert.deepEqual(parseImage("localhost:5000/postgres"), {
      repository: "localhost:5000/postgres",
      name: "postgres",
      tag: "",
      digest: "",
    });
    assert.deepEqual(parseImage(""), { repository: "", name: "", tag: "", digest: "" });
  });
  it("tell their version, and which is older", () => {
    assert.deepEqual(versionOf(parseImage("a:v1.29.2-rc1")), [1, 29, 2]);
    assert.deepEqual(versionOf(parseImage("a:trixie")), []);
    assert.ok(isOlder([1, 29], [1, 29, 2]) && isOlder([1, 9], [1, 10]));
    assert.ok(!isOlder([1, 30], [1, 29, 2]) && !isOlder([18], [18, 0]));
  });
});

describe("quantities", () => {
  it("are numbers with suffixes", () => {
    for (const [text, value] of [
      ["2", 2],
      ["500m", 0.5],
      ["1Ki", 1024],
      ["4Gi", 4 * 1024 ** 3],
      ["1k", 1000],
      ["1e3", 1000],
      ["2E", 2e18],
      [1.5, 1.5],
    ] as const)
      assert.equal(parseQuantity(text), value, String(text));
    for (const text of ["", "2 Gi", "2GB", "Gi", "-", "1.2.3", null, undefined, {}, NaN])
      assert.equal(parseQuantity(text), undefined, String(text));
  });
  it("say the same in different units", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (n) => {
        assert.equal(parseQuantity(`${n}Gi`), parseQuantity(`${n * 1024}Mi`));
        assert.equal(parseQuantity(`${n}`), parseQuantity(n));
      }),
    ));
});

describe("durations of Go", () => {
  it("have units up to hours", () => {
    for (const [text, seconds] of [
      ["720h", 2_592_000],
      ["1h30m", 5400],
      ["1.5h", 5400],
      ["300ms", 0.3],
      ["0", 0],
    ] as const)
      assert.equal(parseGoDuration(text), seconds, text);
    for (const text of ["30d", "", "5", "5 m", "1w", "h", "-1h"])
      assert.equal(parseGoDuration(text), undefined, text);
  });
});

describe("schedules of Kubernetes", () => {
  it("tell the longest gap between two runs", () => {
    for (const [text, seconds] of [
      ["0 2 * * *", 86_400],
      ["@daily", 86_400],
      ["@every 90m", 5400],
      ["TZ=UTC 0 2 * * *", 86_400],
      ["*/15 * * * *", 900],
      ["0 2 * * MON", 7 * 86_400],
      // Cron runs on either: the first of the month, and each Monday.
      ["0 2 1 * 1", 7 * 86_400],
    ] as const)
      assert.equal(longestGap(text), seconds, text);
  });
  it("are none when they never run, or are of another form", () => {
    for (const text of [
      "",
      "0 2 * *",
      "0 0 2 * * *",
      "61 * * * *",
      "0 2 30 2 *",
      "@fortnightly",
      "@every day",
      "0 2 L * *",
    ])
      assert.equal(longestGap(text), undefined, text);
  });
  it("of CloudNativePG have seconds in front", () => {
    assert.equal(longestGap("0 0 2 * * *", { seconds: true }), 86_400);
    assert.equal(longestGap("@every 12h", { seconds: true }), 43_200);
    assert.equal(longestGap("0 2 * * *", { seconds: true }), undefined);
    assert.equal(longestGap("x 0 2 * * *", { seconds: true }), undefined);
  });
});

describe("rules of Falco", () => {
  const rule = (condition: string): string =>
    `- rule: r\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: NOTICE\n`;
  it("are found in files of rules only", () => {
    assert.equal(falcoRules("ssl = on"), undefined);
    assert.equal(falcoRules("- name: rule\n"), undefined);
    assert.deepEqual(falcoRules("- macro: m\n  condition: x\n"), []);
    assert.equal(falcoRules(rule("fd.sport=5432"))?.length, 1);
  });
  it("watch PostgreSQL by port, process or files", () => {
    const [watching] = falcoRules(rule("fd.sport=5432")) ?? [];
    const [other] = falcoRules(rule("fd.sport=15432")) ?? [];
    assert.ok(watching !== undefined && other !== undefined);
    assert.ok(watchesPostgres(watching));
    assert.ok(!watchesPostgres(other));
  });
  it("take addresses and networks each in their own field", () => {
    const faults = (condition: string): string[] => (falcoRules(rule(condition)) ?? []).flatMap(faultsOf);
    assert.deepEqual(faults("not fd.cnet in (10.0.0.0/8) and fd.cip = 10.0.0.1"), []);
    assert.match(faults("fd.sip in (10.0.0.0/8)").join(), /fd\.snet/);
    assert.deepEqual(faults("proc.name in (docker-entrypoi, postgres)"), []);
    assert.match(faults("proc.pname in (sh, docker-entrypoint.sh)").join(), /never fits/);
  });
  it("may name a list of the same text, however long its name", () => {
    const text = `- list: database_server_programs\n  items: [postgres]\n${rule("proc.name in (database_server_programs)")}`;
    assert.deepEqual((falcoRules(text) ?? []).flatMap(faultsOf), []);
    assert.match(
      (falcoRules(rule("proc.name in (database_server_programs)")) ?? []).flatMap(faultsOf).join(),
      /never fits/,
    );
  });
});
