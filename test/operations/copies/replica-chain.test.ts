import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { newestChain, type Cycle, type StoredCycle } from "../../../operations/jobs/replica-store.js";

const cycle = (
  name: string,
  parent: string | undefined,
  state: { readonly whole?: boolean; readonly merging?: boolean; readonly manifest?: false } = {},
): StoredCycle => {
  const manifest: Cycle = {
    format: "pgkeep/replica/1",
    name,
    guest: "pg-a1",
    host: "host-a",
    moment: "2031-01-01T00:00:00Z",
    kind: parent === undefined ? "full" : "incremental",
    ...(parent === undefined ? {} : { parent }),
    checkpoint: `pgkeep-${name}`,
    quiesced: true,
    disks: [{ target: "vda", file: "vda.qcow2", size: 1, virtualSize: 1 }],
    others: [],
  };
  return {
    name,
    time: Number(name),
    directory: `/r/${name}`,
    manifest: state.manifest === false ? undefined : manifest,
    whole: state.whole ?? true,
    merging: state.merging ?? false,
  };
};
const names = (cycles: readonly StoredCycle[]): string[] => newestChain(cycles).map(({ name }) => name);

describe("the newest usable chain of a replica", () => {
  it("goes from the full copy to the newest increment", () => {
    assert.deepEqual(names([cycle("1", undefined), cycle("2", "1"), cycle("3", "2")]), ["1", "2", "3"]);
    assert.deepEqual(names([]), []);
  });

  it("a newer full copy starts a new chain", () => {
    assert.deepEqual(names([cycle("1", undefined), cycle("2", "1"), cycle("3", undefined)]), ["3"]);
  });

  it("falls back to what is whole when the newest is damaged or has no manifest", () => {
    assert.deepEqual(names([cycle("1", undefined), cycle("2", "1", { whole: false })]), ["1"]);
    assert.deepEqual(names([cycle("1", undefined), cycle("2", "1"), cycle("3", "2", { manifest: false })]), [
      "1",
      "2",
    ]);
  });

  it("a chain with a hole is not usable from there on", () => {
    assert.deepEqual(names([cycle("1", undefined), cycle("3", "2")]), ["1"]);
    assert.deepEqual(names([cycle("2", "1"), cycle("3", "2")]), []);
    assert.deepEqual(names([cycle("1", undefined, { whole: false }), cycle("2", "1")]), []);
  });

  it("while the full copy is merged into its child the child's chain is usable, the full copy alone is not", () => {
    const half = cycle("1", undefined, { whole: false });
    assert.deepEqual(names([half, cycle("2", "1", { merging: true }), cycle("3", "2")]), ["1", "2", "3"]);
    assert.deepEqual(names([half]), []);
    // Merged, but not yet cleaned up.
    assert.deepEqual(names([half, cycle("2", undefined, { merging: true }), cycle("3", "2")]), ["2", "3"]);
  });

  it("a circle of parents ends", () => {
    assert.deepEqual(names([cycle("1", "2"), cycle("2", "1")]), []);
  });
});
