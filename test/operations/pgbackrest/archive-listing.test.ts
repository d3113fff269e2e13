import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LISTING_SCRIPT, parseListing } from "../../../operations/adapters/archive-listing.js";
import { segmentName } from "../../../operations/wal-segment.js";

/** What the program in the guest makes of the paths that `repo-ls --recurse` prints. */
const reduce = (paths: readonly string[]): string =>
  execFileSync("python3", ["-c", LISTING_SCRIPT], {
    input: paths.map((path) => `${path}\n`).join(""),
    encoding: "utf8",
  });

const SUM = "ddbef5c534a3034569c7937ff8e45b3e809bd487";
const path = (name: string): string => `${name.slice(0, 16)}/${name}-${SUM}.zst`;

describe("listing of a WAL archive", () => {
  it("keeps segments and history files, without backup marks and partial segments", () => {
    const sample = readFileSync(join(__dirname, "samples", "archive-2.55.1.out"), "utf8");
    const files = parseListing(reduce(Object.keys(JSON.parse(sample) as object)));
    assert.deepEqual(
      files.map(({ name }) => name.slice(-1)),
      ["1", "2", "3", "4", "5", "6", "7"],
    );
    const paths = [
      `0000000200000000/000000020000000000000008.partial-${SUM}.zst`,
      "0000000200000000/000000020000000000000007.00000028.backup",
      "00000002.history",
    ];
    assert.deepEqual(parseListing(reduce(paths)), [{ name: "00000002.history" }]);
    assert.deepEqual(parseListing(reduce([])), []);
  });

  it("stays far below what a guest agent gives back, whatever the archive holds, and loses no gap", () => {
    const names = [1, 2].flatMap((timeline) =>
      Array.from({ length: 40_000 }, (_, number) => segmentName({ timeline, number: number + 250 })),
    );
    const gap = names[12_345] ?? "";
    const present = names.filter((name) => name !== gap);
    // The order of the tool's listing is not relied on.
    const reduced = reduce(present.toReversed().map(path));
    assert.ok(reduced.length < 1000, `${reduced.length} bytes`);
    assert.deepEqual(
      parseListing(reduced).map(({ name }) => name),
      present,
    );
  });

  it("refuses what is no listing", () => {
    for (const text of ["ERROR: [041]: unable to open", "00000001 3", "0000000100000000"])
      assert.throws(() => parseListing(text), /not a line of an archive's listing/);
  });
});
