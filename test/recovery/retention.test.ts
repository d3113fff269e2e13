import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { chooseRetention, type Copy } from "../../components/recovery/retention.js";

const DAY = 86_400_000;
const day = (number: number): number => Date.UTC(2031, 0, number, 2);
const copy = (number: number, good = true): Copy => ({ name: `day-${number}`, time: day(number), good });
const names = (copies: readonly Copy[]): string[] => copies.map(({ name }) => name);

const copies = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 6 }),
    time: fc.integer({ min: 0, max: 400 * DAY }),
    good: fc.boolean(),
    inUse: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 40 },
);
const retention = fc.record({
  age: fc.integer({ min: 3600, max: 60 * 86_400 }),
  count: fc.integer({ min: 1, max: 5 }),
});
const now = fc.integer({ min: 0, max: 400 * DAY });

describe("retention", () => {
  it("30 days, one copy a day, pruned each day, leave exactly the declared set", () => {
    let present: Copy[] = [];
    for (let number = 1; number <= 30; number += 1) {
      present = [
        ...chooseRetention([...present, copy(number)], { age: 7 * 86_400, count: 2 }, day(number)).keep,
      ];
    }
    // A copy of exactly seven days is not older than seven days.
    assert.deepEqual(
      names(present),
      [23, 24, 25, 26, 27, 28, 29, 30].map((number) => `day-${number}`),
    );
  });

  it("keeps the newest good ones when all are too old, and does not count bad ones among them", () => {
    const present = [copy(1), copy(2), copy(3), copy(4, false), copy(5, false)];
    const { keep, remove } = chooseRetention(present, { age: 86_400, count: 2 }, day(30));
    assert.deepEqual(names(keep), ["day-2", "day-3"]);
    assert.deepEqual(names(remove), ["day-1", "day-4", "day-5"]);
  });

  it("keeps what is in use and what comes from the future", () => {
    const present = [{ ...copy(1), inUse: true }, copy(2), copy(40, false), copy(20)];
    const { remove } = chooseRetention(present, { age: 86_400, count: 1 }, day(30));
    assert.deepEqual(names(remove), ["day-2"]);
  });

  it("never removes the last good copy, whatever there is", () => {
    fc.assert(
      fc.property(copies, retention, now, (present, declared, moment) => {
        const { keep } = chooseRetention(present, declared, moment);
        assert.equal(
          keep.some(({ good }) => good),
          present.some(({ good }) => good),
        );
      }),
    );
  });

  it("splits into two: every copy is either kept or removed, and nothing young or in use goes", () => {
    fc.assert(
      fc.property(copies, retention, now, (present, declared, moment) => {
        const { keep, remove } = chooseRetention(present, declared, moment);
        assert.deepEqual([...names(keep), ...names(remove)].sort(), names(present).sort());
        for (const gone of remove) {
          assert.ok(moment - gone.time > declared.age * 1000);
          assert.ok(gone.inUse !== true);
        }
      }),
    );
  });

  it("keeps as many good ones as declared, where there are that many, and always the newest", () => {
    fc.assert(
      fc.property(copies, retention, now, (present, declared, moment) => {
        const { keep, remove } = chooseRetention(present, declared, moment);
        const good = present.filter((one) => one.good);
        assert.ok(keep.filter((one) => one.good).length >= Math.min(declared.count, good.length));
        for (const gone of remove.filter((one) => one.good))
          assert.ok(good.filter(({ time }) => time >= gone.time).length > declared.count);
      }),
    );
  });

  it("does not change its mind: what it keeps it keeps when asked again", () => {
    fc.assert(
      fc.property(copies, retention, now, (present, declared, moment) => {
        const { keep } = chooseRetention(present, declared, moment);
        assert.deepEqual(chooseRetention(keep, declared, moment).remove, []);
      }),
    );
  });
});
