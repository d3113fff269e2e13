import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { formatSeconds } from "../../toolchain/progress.js";
import { recordedProgress } from "./fixtures.js";

describe("toolchain: progress", () => {
  it("says what starts and how long it takes, goes on saying so, and ends", async () => {
    const { progress, lines } = recordedProgress(0.05);
    assert.equal(await progress.step("build x", 90, async () => pause(130, "result")), "result");
    assert.equal(lines[0], "toolchain: build x (expected about 1 min 30 s)");
    assert.match(lines[1] ?? "", /build x: 0 s elapsed, about 1 min 30 s left/);
    assert.match(lines.at(-1) ?? "", /build x: done in 0 s/);
    const count = lines.length;
    await pause(120);
    assert.equal(lines.length, count, "a step that has ended goes on talking");
  });

  it("a failed step says so and passes the error on", async () => {
    const { progress, lines } = recordedProgress();
    await assert.rejects(
      progress.step("build x", 0, async () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.match(lines.at(-1) ?? "", /build x: failed after 0 s/);
  });

  it("a step that takes longer than expected admits it", async () => {
    const { progress, lines } = recordedProgress(0.03);
    await progress.step("build x", 0.01, () => pause(80));
    assert.ok(lines.some((line) => line.includes("longer than expected")));
  });

  it("seconds are written as people say them", () => {
    assert.deepEqual([0, 59.4, 60, 200].map(formatSeconds), ["0 s", "59 s", "1 min", "3 min 20 s"]);
  });
});
