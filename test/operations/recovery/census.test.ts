import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compareCensus,
  takeCensus,
  type Census,
  type Count,
} from "../../../operations/jobs/recovery/census.js";
import { judge } from "../../../operations/jobs/recovery/judge.js";
import { parseEnvironment } from "../../../components/declaration/index.js";
import type { Database } from "../../../operations/ports/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";
import { literal, quoteIdentifier } from "../../../operations/jobs/recovery/sql.js";

const count = (rows: number, total: string, relation = "shop/public.account"): Count => ({
  relation,
  rows,
  total,
});

/** A census that left nothing out. */
const whole = (...counts: Count[]): Census => ({ counts, left: [] });

describe("census", () => {
  it("wants a table that did not change to be equal in every row", () => {
    const then = [count(5, "77")];
    const now = whole(...then);
    assert.deepEqual(compareCensus(whole(count(5, "77")), then, now), []);
    assert.match(compareCensus(whole(count(5, "78")), then, now).join(), /sum 78; 5 and 77 were stored/);
    assert.match(compareCensus(whole(count(4, "77")), then, now).join(), /has 4 rows/);
    assert.match(compareCensus(whole(), then, now).join(), /is missing/);
  });

  it("lets a table that changed lie between then and now, with slack", () => {
    const then = [count(10_000, "1")];
    const now = whole(count(50_000, "2"));
    assert.deepEqual(compareCensus(whole(count(30_000, "3")), then, now), []);
    assert.match(compareCensus(whole(count(8_000, "3")), then, now).join(), /outside 10000 to 50000/);
    assert.match(compareCensus(whole(count(60_000, "3")), then, now).join(), /outside/);
    assert.deepEqual(compareCensus(whole(), then, whole()), [], "a table that was dropped since");
  });

  it("never takes a table that could not be counted for one that was dropped, or for a sound one", () => {
    const then = [count(10_000, "1")];
    const left: Census = { counts: [], left: ["shop/public.account"] };
    assert.deepEqual(compareCensus(whole(count(30_000, "3")), then, left), []);
    assert.match(compareCensus(whole(count(8_000, "3")), then, left).join(), /outside 10000/);
    assert.match(compareCensus(whole(), then, left).join(), /is missing in the copy/);
    assert.match(compareCensus(left, then, left).join(), /could not be read in the copy/);
  });

  it("never accepts a copy that lost more than the slack, whatever is known of the primary", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 1_000_000 }),
        fc.option(fc.integer({ min: 20_000, max: 1_000_000 }), { nil: undefined }),
        (then, now) => {
          const low = Math.min(then, now ?? then);
          const problems = compareCensus(
            whole(count(Math.floor(low * 0.8), "x")),
            [count(then, "a")],
            now === undefined ? undefined : whole(count(now, "b")),
          );
          assert.equal(problems.length, 1);
        },
      ),
    );
  });
});

/** A server with tables in every database, each of which takes a second a gigabyte to count. */
function server(clock: { seconds: number }, tables: Map<string, { bytes: number; locked?: boolean }>) {
  const statements: string[] = [];
  const database: Database = {
    query(sql, options) {
      statements.push(sql);
      const inside = options?.database ?? "postgres";
      if (sql.includes("pg_class"))
        return Promise.resolve(
          [...tables]
            .toSorted(([, a], [, b]) => a.bytes - b.bytes)
            .map(([name, { bytes }]) => ["public", name, String(bytes)]),
        );
      if (sql.includes("to_regclass"))
        return Promise.resolve(
          [...sql.matchAll(/\('([^']+\.(\w+))', to_regclass/g)]
            .filter(([, , name = ""]) => tables.has(name))
            .map(([, relation = ""]) => [relation]),
        );
      assert.equal(options?.goOn, true, "one table that fails must not end the count of the others");
      const limit = Number(/statement_timeout = '(\d+)s'/.exec(sql)?.[1]);
      const rows: string[][] = [];
      for (const [, relation = "", name = ""] of sql.matchAll(/select '([^']+\.(\w+))', count/g)) {
        assert.ok(relation.startsWith(`${inside}/`));
        const table = tables.get(name);
        if (table === undefined || name.startsWith("vanishing") || table.locked === true) {
          if (name.startsWith("vanishing")) tables.delete(name);
          continue;
        }
        const took = table.bytes / 1024 ** 3;
        clock.seconds += Math.min(took, limit);
        if (took <= limit) rows.push([relation, "7", "77"]);
      }
      return Promise.resolve(rows);
    },
  };
  return { database, statements };
}

describe("taking a census", () => {
  const environment = parseEnvironment(kvmEnvironment());
  const take = async (
    tables: Record<string, { bytes: number; locked?: boolean }>,
    options: Parameters<typeof takeCensus>[3] = {},
  ) => {
    const now = { seconds: 0 };
    const clock = { now: () => new Date(0), monotonic: () => now.seconds, sleep: () => Promise.resolve() };
    const { database, statements } = server(now, new Map(Object.entries(tables)));
    const census = await takeCensus({ clock }, database, environment, options);
    return { census, statements, seconds: now.seconds };
  };
  const GIB = 1024 ** 3;
  const name = (table: string): string => `${environment.cluster.databases[0]?.name ?? ""}/public.${table}`;

  it("leaves out what is too large, locked or dropped meanwhile, and counts all else", async () => {
    const { census } = await take({
      small: { bytes: 8192 },
      vanishing: { bytes: 8192 },
      locked: { bytes: 8192, locked: true },
      large: { bytes: 2 * GIB },
    });
    assert.deepEqual(census.counts, [{ relation: name("small"), rows: 7, total: "77" }]);
    assert.deepEqual(census.left.toSorted(), [name("large"), name("locked")]);
  });

  it("ends in time, whatever the tables weigh together, and counts the small ones first", async () => {
    const tables = Object.fromEntries(
      Array.from({ length: 900 }, (_, index) => [`part_${index}`, { bytes: 0.9 * GIB }]),
    );
    const { census, seconds } = await take({ ...tables, a_last: { bytes: 8192 } }, { budget: 100 });
    assert.ok(seconds <= 100, `${seconds} s`);
    assert.equal(census.counts[0]?.relation, name("a_last"));
    assert.ok(census.counts.length > 100 && census.counts.length < 120);
    assert.equal(census.counts.length + census.left.length, 901);
  });

  it("holds no lock beyond one table, and waits for none for long", async () => {
    const { statements } = await take({ one: { bytes: 1 }, two: { bytes: 1 } });
    const counting = statements.filter((sql) => sql.includes("count(*)"));
    assert.equal(counting.length, 1);
    assert.match(counting.join(), /lock_timeout = '2s'/);
    assert.doesNotMatch(counting.join(), /\bbegin\b|union all/);
  });

  it("counts in a copy what was counted then, also what has outgrown the limit", async () => {
    const { census } = await take(
      { account: { bytes: 2 * GIB }, other: { bytes: 8192 } },
      { only: new Set([name("account")]) },
    );
    assert.deepEqual(
      census.counts.map(({ relation }) => relation),
      [name("account")],
    );
    assert.deepEqual(census.left, []);
  });
});

describe("judging against the objectives", () => {
  it("fails exactly what is above", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(1000),
        fc.nat(1000),
        fc.nat(1000),
        (rto, rpo, rtoSeconds, rpoSeconds) => {
          const findings: string[] = [];
          judge(
            { fail: (text) => findings.push(text) },
            { rtoSeconds: rto, rpoSeconds: rpo },
            { rtoSeconds, rpoSeconds },
          );
          assert.equal(findings.length, Number(rto > rtoSeconds) + Number(rpo > rpoSeconds));
        },
      ),
    );
  });
});

describe("SQL quoting", () => {
  it("ends no literal and no identifier early", () => {
    assert.equal(literal("it's"), "'it''s'");
    assert.equal(literal("a\\'b"), "E'a\\\\''b'");
    assert.equal(quoteIdentifier('a"b'), '"a""b"');
    fc.assert(
      fc.property(fc.string(), (text) => {
        const inner = literal(text).replace(/^E?'|'$/g, "");
        assert.doesNotMatch(inner.replaceAll("''", ""), /'/);
      }),
    );
  });
});
