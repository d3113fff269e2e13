import assert from "node:assert/strict";
import fc from "fast-check";
import { CronExpressionParser } from "cron-parser";
import {
  formatDuration,
  formatSize,
  longestInterval,
  shortestGapAfter,
} from "../../components/declaration/index.js";
import {
  address,
  bytes,
  cidr,
  duration,
  inNetwork,
  overlap,
  seconds,
  size,
} from "../../components/declaration/units.js";
import { schedule } from "../../components/declaration/schedule.js";

describe("units", () => {
  it("durations survive printing and reading", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), (value) => {
        assert.equal(duration().parse(formatDuration(value)), value);
        assert.equal(seconds(formatDuration(value)), value);
      }),
    );
  });

  it("sizes survive printing and reading", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 46 }), (value) => {
        const text = formatSize(value);
        // KiB is printed but too small a unit to be declared.
        assert.equal(bytes(text), value);
        assert.equal(size().parse(text), value);
      }),
    );
  });

  for (const [text, value] of [
    ["90 s", 90],
    ["90s", 90],
    ["1.5 h", 5400],
    ["2 w", 1209600],
    ["0 s", 0],
    ["5 min", 300],
    ["5 m", 300],
    ["1 d", 86400],
  ] as const)
    // prettier-ignore
    it(`reads ${text} as ${value} s`, () => assert.equal(duration().parse(text), value));

  for (const text of [
    "",
    "5",
    "5 minutes",
    "1e3 s",
    "-1 s",
    "1 mo",
    " 1 s",
    "1 s ",
    "9007199254740993 w",
    "0x10 s",
  ])
    it(`refuses the duration "${text}"`, () => assert.equal(duration().safeParse(text).success, false));

  it("bounds are inclusive and agree with the texts that name them", () => {
    const bounded = duration({ min: "1 min", max: "1 h" });
    assert.equal(bounded.safeParse("1 min").success, true);
    assert.equal(bounded.safeParse("1 h").success, true);
    assert.equal(bounded.safeParse("59 s").success, false);
    assert.equal(bounded.safeParse("61 min").success, false);
  });

  it("throw with the text on what our own code would have written wrongly", () => {
    assert.throws(() => seconds("soon"), /"soon" is not a duration: a number and a unit/);
    assert.throws(() => bytes("much"), /"much" is not a size: a number and a unit/);
  });
});

describe("addresses and networks", () => {
  it("every IPv4 address survives, and lies in the networks around it", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (host, length) => {
        assert.equal(address.parse(host), host);
        const network = networkAround(host, length);
        assert.equal(cidr.parse(network), network);
        assert.equal(inNetwork(host, network), true);
        assert.equal(overlap(network, `${host}/32`), true);
      }),
    );
  });

  it("IPv6 becomes canonical and is its own fixed point", () => {
    fc.assert(
      fc.property(fc.ipV6(), (host) => {
        const canonical = address.parse(host);
        assert.equal(address.parse(canonical), canonical);
      }),
    );
    assert.equal(address.parse("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  });

  it("families never mix", () => {
    assert.equal(inNetwork("10.0.0.1", "::/0"), false);
    assert.equal(inNetwork("2001:db8::1", "0.0.0.0/0"), false);
  });

  for (const text of [
    "10.0.0",
    "010.0.0.1",
    "0x7f.0.0.1",
    "10.0.0.1/24",
    "::1%lo",
    "1.2.3.4.5",
    "localhost",
    "",
  ])
    it(`refuses the address "${text}"`, () => assert.equal(address.safeParse(text).success, false));
});

function networkAround(host: string, length: number): string {
  const value = host.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const base = Math.floor(value / 2 ** (32 - length)) * 2 ** (32 - length);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${length}`;
}

describe("schedules", () => {
  const field = (min: number, max: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min, max }).map(String),
      fc.integer({ min: 2, max: 10 }).map((step) => `*/${step}`),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }).map((list) => list.join(",")),
    );

  const cron = fc
    .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6), fc.boolean())
    .map(([minute, hour, day, month, weekday, byDay]) =>
      byDay ? `${minute} ${hour} ${day} ${month} *` : `${minute} ${hour} * ${month} ${weekday}`,
    );

  it("longestInterval equals the longest gap found by walking through the runs", () => {
    fc.assert(
      fc.property(cron, (text) => {
        assert.equal(schedule.parse(text), text);
        const found = longestInterval(text);
        const walked = walk(text, 1500);
        // A walk that ends early may miss the widest gap, it never finds a wider one.
        assert.ok(walked.longest <= found, `${text}: walked ${walked.longest}, computed ${found}`);
        if (walked.complete) assert.equal(found, walked.longest, text);
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);

  it("shortestGapAfter is never longer than a wait found by walking through the runs, and is found there", () => {
    fc.assert(
      fc.property(cron, fc.array(cron, { minLength: 1, maxLength: 3 }), (text, others) => {
        const found = shortestGapAfter(text, others);
        const walked = walkWaits(text, others, 300);
        assert.ok(
          found <= walked.shortest,
          `${text} after ${others.join(" and ")}: ${found}, ${walked.shortest}`,
        );
        if (walked.complete) assert.equal(found, walked.shortest, `${text} after ${others.join(" and ")}`);
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);

  for (const [text, others, gap] of [
    ["0 1 * * 0", ["0 1 * * 0", "0 1 * * 1-6"], "1 d"],
    ["0 1 * * 0", ["30 1 * * *"], "30 min"],
    ["0 23 * * *", ["0 1 * * 1"], "2 h"],
    ["0 1 * * *", ["0 1 * * *"], "1 d"],
    ["59 23 28 2 *", ["0 0 1 3 *"], "1 min"],
    ["*/15 * * * *", ["0 * * * *"], "15 min"],
  ] as const)
    it(`the shortest wait of ${text} for ${others.join(" or ")} is ${gap}`, () => {
      assert.equal(formatDuration(shortestGapAfter(text, others)), formatDuration(seconds(gap)));
    });

  for (const [text, gap] of [
    ["* * * * *", "1 min"],
    ["*/15 * * * *", "15 min"],
    ["0 * * * *", "1 h"],
    ["0 2 * * *", "1 d"],
    ["0 1 * * 0", "1 w"],
    ["0 1 * * 1-6", "2 d"],
    ["0 8-17 * * *", "15 h"],
    ["* * 1-2 * *", `${(31 - 2) * 1440 + 1} min`],
    ["0 5 1 * *", "31 d"],
    ["0 0 1 1 *", "366 d"],
    ["0 0 29 2 *", "1461 d"],
    ["0 0 31 * *", "61 d"],
    ["0 0 * * 7", "1 w"],
  ] as const)
    // prettier-ignore
    it(`the longest gap of ${text} is ${gap}`, () => assert.equal(formatDuration(longestInterval(text)), formatDuration(seconds(gap))));

  it("schedules taken together have the gaps of their union", () => {
    assert.equal(longestInterval("0 1 * * 0", "0 1 * * 1-6"), 86400);
    assert.equal(longestInterval("0 0 * * *", "0 12 * * *", "0 6,18 * * *"), 6 * 3600);
  });

  it("white space is made plain", () => assert.equal(schedule.parse("  0   2 * *  * "), "0 2 * * *"));
});

/** The calendar that schedules are looked at in ends after eight years. */
const END = Date.UTC(1978, 0, 1);

function walk(cron: string, runs: number): { longest: number; complete: boolean } {
  const iterator = CronExpressionParser.parse(cron, { tz: "UTC", currentDate: new Date(-1) });
  let previous = iterator.next().getTime();
  const first = previous;
  let longest = 0;
  for (let run = 0; run < runs; run += 1) {
    const next = iterator.next().getTime();
    if (next >= END) return { longest: longest / 1000, complete: true };
    longest = Math.max(longest, next - previous);
    previous = next;
  }
  return { longest: longest / 1000, complete: previous - first > 8 * 366 * 86400_000 };
}

function walkWaits(
  cron: string,
  others: readonly string[],
  runs: number,
): { shortest: number; complete: boolean } {
  const iterator = CronExpressionParser.parse(cron, { tz: "UTC", currentDate: new Date(-1) });
  let shortest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const at = iterator.next().toDate();
    if (at.getTime() >= END) return { shortest: shortest / 1000, complete: true };
    for (const other of others) {
      const next = CronExpressionParser.parse(other, { tz: "UTC", currentDate: at }).next().getTime();
      if (next < END) shortest = Math.min(shortest, next - at.getTime());
    }
  }
  return { shortest: shortest / 1000, complete: false };
}
