import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { onCalendar } from "../../components/recovery/index.js";

/** The next runs as systemd sees them. */
function bySystemd(expressions: readonly string[], from: string, count: number): string[] {
  const moments = expressions.flatMap((expression) => {
    const { stdout, stderr, status } = spawnSync(
      "systemd-analyze",
      ["calendar", `--base-time=${from}`, `--iterations=${count}`, expression],
      { encoding: "utf8", env: { ...process.env, TZ: "UTC", LC_ALL: "C" } },
    );
    assert.equal(status, 0, `${expression}: ${stderr}`);
    return [...stdout.matchAll(/(?:Next elapse|Iter[^:]*): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC/g)].map(
      (m) => m[1] ?? "",
    );
  });
  return [...new Set(moments)].toSorted().slice(0, count);
}

/** The next runs as cron sees them. */
function byCron(schedule: string, from: string, count: number): string[] {
  const iterator = CronExpressionParser.parse(schedule, {
    tz: "UTC",
    currentDate: new Date(`${from.replace(" UTC", "").replace(" ", "T")}Z`),
  });
  return Array.from({ length: count }, () =>
    iterator.next().toDate().toISOString().slice(0, 19).replace("T", " "),
  );
}

describe("schedules as timers", function () {
  this.timeout(60_000);

  it("writes what people would write", () => {
    const expected: Record<string, string[]> = {
      "0 2 * * *": ["*-*-* 02:00:00 UTC"],
      "0 * * * *": ["*-*-* *:00:00 UTC"],
      "*/20 * * * *": ["*-*-* *:00,20,40:00 UTC"],
      "0 1 * * 0": ["Sun *-*-* 01:00:00 UTC"],
      "0 1 * * 7": ["Sun *-*-* 01:00:00 UTC"],
      "0 1 * * 1-6": ["Mon,Tue,Wed,Thu,Fri,Sat *-*-* 01:00:00 UTC"],
      "30 5 1 1,7 *": ["*-01,07-01 05:30:00 UTC"],
      // Day of the month or weekday, as cron means it.
      "0 5 1 * 1": ["*-*-01 05:00:00 UTC", "Mon *-*-* 05:00:00 UTC"],
    };
    for (const [schedule, expressions] of Object.entries(expected))
      assert.deepEqual(onCalendar(schedule), expressions, schedule);
  });

  it("runs at the very moments at which cron runs", function () {
    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) this.skip();
    const field = (low: number, high: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant("*"),
        fc.integer({ min: low, max: high }).map(String),
        fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
        fc
          .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
          .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc
          .uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 4 })
          .map((list) => list.join(",")),
      );
    const schedules = fc
      .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6), fc.boolean())
      .map(([minute, hour, day, month, weekday, byDay]) =>
        [minute, hour, byDay ? day : "*", month, byDay ? "*" : weekday].join(" "),
      );
    fc.assert(
      fc.property(schedules, (schedule) => {
        const from = "2026-02-27 23:58:00 UTC";
        assert.deepEqual(bySystemd(onCalendar(schedule), from, 4), byCron(schedule, from, 4), schedule);
      }),
      { numRuns: 25 },
    );
  });
});
