import assert from "node:assert/strict";
import { whenAborted } from "../../../toolchain/command-plugin/cancellation.js";

describe("command plugin: cancellation", () => {
  it("acts once, whether it came before or after somebody listened, and not when they have stopped", () => {
    const controller = new AbortController();
    const acts: string[] = [];
    whenAborted(controller.signal, () => acts.push("listening"));
    whenAborted(controller.signal, () => acts.push("stopped"))();
    assert.equal(acts.join(), "");
    controller.abort();
    controller.abort();
    assert.equal(acts.join(), "listening");
    whenAborted(controller.signal, () => acts.push("late"))();
    assert.equal(acts.join(), "listening,late");
  });
});
