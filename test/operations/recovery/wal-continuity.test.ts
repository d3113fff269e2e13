import assert from "node:assert/strict";
import fc from "fast-check";
import { walContinuity } from "../../../operations/jobs/recovery/wal-continuity.js";
import { parseSegment, segmentAt, segmentName, timelineName } from "../../../operations/wal-segment.js";
import type { ArchivedFile, BaseBackup } from "../../../operations/ports/index.js";

const segment = (timeline: number, number: number): string => segmentName({ timeline, number });
const files = (...names: string[]): ArchivedFile[] => names.map((name) => ({ name }));

/** A history file as PostgreSQL writes it: each older timeline, and the position at which it was left. */
const history = (...forks: (readonly [timeline: number, segment: number])[]): string =>
  forks
    .map(([timeline, number]) => {
      const lsn = `${Math.floor(number / 256).toString(16)}/${((number % 256) * 2 ** 24 + 0x60).toString(16)}`;
      return `${timeline}\t${lsn.toUpperCase()}\tno recovery target specified\n`;
    })
    .join("\n");

function backup(first: number, last: number, timeline = 1): BaseBackup {
  return {
    ...{ label: "20261122-010000F", type: "full", size: 1, error: false, needs: [], archiveId: "17-1" },
    ...{ started: new Date(0), stopped: new Date(1) },
    firstSegment: segment(timeline, first),
    lastSegment: segment(timeline, last),
  };
}

describe("continuity of the WAL archive", () => {
  it("names segments as PostgreSQL does, also over a log's end", () => {
    assert.equal(segment(1, 0xff), "0000000100000000000000FF");
    assert.equal(segment(1, 0x100), "000000010000000100000000");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff }), fc.nat(0xffffff), (timeline, number) => {
        assert.deepEqual(parseSegment(segment(timeline, number)), { timeline, number });
      }),
    );
  });

  it("finds every single segment that is removed, and nothing when none is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (first, length, more, which) => {
          const last = first + length;
          const all = Array.from({ length: length + more }, (_, index) => segment(1, first + index));
          assert.deepEqual(
            walContinuity(backup(first, last), files(...all), undefined).problems.length,
            all.length > length ? 0 : 1,
          );
          const index = which % (all.length - 1 || 1);
          const missing = all[index] ?? "";
          const rest = files(...all.filter((name) => name !== missing));
          const found = walContinuity(backup(first, last), rest, undefined);
          // The newest segments are no gap unless the backup itself needs them.
          if (index < all.length - 1 || index <= length)
            assert.match(found.problems.join(), new RegExp(missing));
        },
      ),
    );
  });

  it("follows the timelines", () => {
    const names = [
      ...[segment(1, 3), segment(1, 4), segment(1, 5)],
      ...[segment(2, 5), segment(2, 6), "00000002.history"],
    ];
    const left = history([1, 5]);
    const look = (...without: readonly string[]): ReturnType<typeof walContinuity> =>
      walContinuity(backup(3, 4), files(...names.filter((name) => !without.includes(name))), left);
    assert.deepEqual(look(), { reaches: segment(2, 6), problems: [] });
    // The old timeline's last segment was never whole: the new one carries the same number.
    assert.deepEqual(look(segment(1, 5)).problems, []);
    // What the old timeline holds of the fork's segment and beyond is no part of the way.
    assert.deepEqual(look(segment(2, 5)).problems, [`WAL segment ${segment(2, 5)} is missing`]);
    assert.match(look("00000002.history").problems.join(), /00000002\.history is missing/);
    // The new timeline has archived nothing yet.
    assert.deepEqual(look(segment(2, 5), segment(2, 6)), { reaches: segment(1, 4), problems: [] });
  });

  it("needs no WAL of older timelines for a backup of the newest one", () => {
    const names = [segment(1, 3), segment(2, 9), segment(2, 10), "00000002.history"];
    assert.deepEqual(walContinuity(backup(9, 9, 2), files(...names), undefined).problems, []);
  });

  it("tells of a backup from which no way leads to the newest timeline", () => {
    const names = [segment(1, 3), segment(2, 3), segment(2, 4), segment(3, 3)];
    const all = files(...names, "00000002.history", "00000003.history");
    assert.match(
      walContinuity(backup(3, 4, 2), all, history([1, 3])).problems.join(),
      /timeline 3 does not come from timeline 2/,
    );
    assert.match(
      walContinuity(backup(3, 4, 1), all, history([1, 3])).problems.join(),
      /ended after timeline 1 was left/,
    );
  });

  it("wants the last WAL of a backup that ended in the segment of the fork from either timeline", () => {
    const old = [segment(1, 3), segment(1, 4), "00000002.history"];
    const look = (names: readonly string[]): readonly string[] =>
      walContinuity(backup(3, 4), files(...names), history([1, 4])).problems;
    assert.deepEqual(look(old), []);
    assert.deepEqual(look([segment(1, 3), segment(2, 4), "00000002.history"]), []);
    assert.deepEqual(look([segment(1, 3), "00000002.history"]), [`WAL segment ${segment(1, 4)} is missing`]);
  });

  it("reads positions", () => {
    assert.equal(segmentAt("0/5000000"), 5);
    assert.equal(segmentAt("0/4FFFFFF"), 4);
    assert.equal(segmentAt("1A/FF000028"), 0x1aff);
  });

  it("finds exactly the segments that recovery needs, over any number of timelines", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.record({ length: fc.integer({ min: 0, max: 6 }), beyond: fc.nat(4) }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 2, max: 6 }),
        fc.nat(),
        (first, stretches, length, which) => {
          // Each timeline but the newest goes on for a while after it was left, as a cut-off primary does.
          const forks: [number, number][] = [];
          const needed: string[] = [];
          const idle: string[] = [];
          let at = first;
          for (const [index, stretch] of stretches.entries()) {
            const timeline = index + 1;
            // A backup of two segments stands at the beginning of the first.
            const fork = at + stretch.length + (index === 0 ? 2 : 0);
            for (let number = at; number < fork; number += 1) needed.push(segment(timeline, number));
            for (let more = 0; more < stretch.beyond; more += 1) idle.push(segment(timeline, fork + more));
            forks.push([timeline, fork]);
            at = fork;
          }
          const newest = stretches.length + 1;
          for (let number = at; number < at + length; number += 1) needed.push(segment(newest, number));
          const histories = stretches.map((_, index) => `${timelineName(index + 2)}.history`);
          const look = (gone?: string): ReturnType<typeof walContinuity> =>
            walContinuity(
              backup(first, first + 1),
              files(...[...needed, ...idle, ...histories].filter((name) => name !== gone)),
              history(...forks),
            );
          const reaches = segment(newest, at + length - 1);
          assert.deepEqual(look(), { reaches, problems: [] });
          // The newest segment is the end of the archive, not a gap.
          const gone = needed[which % (needed.length - 1)];
          assert.deepEqual(look(gone).problems, [`WAL segment ${gone} is missing`]);
          const unused = idle[which % Math.max(1, idle.length)];
          assert.deepEqual(look(unused), { reaches, problems: [] });
        },
      ),
    );
  });

  it("finds an empty archive", () => {
    assert.match(
      walContinuity(backup(3, 4), [], undefined).problems.join(),
      /0003 is missing.*0004 is missing/,
    );
  });

  it("names at most ten of many", () => {
    const found = walContinuity(backup(1, 100), files(segment(1, 200)), undefined);
    assert.equal(found.problems.length, 11);
    assert.match(found.problems.at(-1) ?? "", /and 189 more/);
  });
});
