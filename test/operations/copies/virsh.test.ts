import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { localShell } from "../../../operations/adapters/shell.js";
import { virshHypervisor } from "../../../operations/adapters/virsh.js";

describe("a paused domain through virsh", () => {
  it("counts as stopped by an error only for that reason", async () => {
    const shell = localShell("here", { key: "", knownHosts: "", hosts: [] });
    const stopped = (answer: string): Promise<boolean> =>
      virshHypervisor({
        ...shell,
        run: async (argv) => {
          assert.deepEqual(argv.slice(-3), ["domstate", "pg-a1", "--reason"]);
          return { code: 0, stdout: `${answer}\n\n`, stderr: "" };
        },
      }).stoppedByError("pg-a1");
    assert.equal(await stopped("paused (I/O error)"), true);
    for (const other of ["paused (user)", "paused (migrating)", "running (booted)", "shut off (destroyed)"])
      assert.equal(await stopped(other), false, other);
  });
});
