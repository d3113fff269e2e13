import assert from "node:assert/strict";
import { record } from "../libvirt/recorder.js";

/** What stands in the refusal of a component, line by line. */
export async function refusalsOf(program: () => unknown): Promise<string[]> {
  try {
    await record(program);
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return error.message.split("\n  ").slice(1);
  }
  return assert.fail("nothing was refused");
}
