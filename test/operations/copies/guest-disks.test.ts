import assert from "node:assert/strict";
import { virshHypervisor } from "../../../operations/adapters/virsh.js";
import { growDisks, type DeclaredDisk } from "../../../operations/jobs/guest-disks.js";
import { output } from "../../../operations/output.js";
import type { RunResult, Shell } from "../../../operations/ports/index.js";

const GIB = 1024 ** 3;

/** virsh with one domain whose disks have these sizes. */
function machine(sizes: Record<string, number>): { grow: typeof grow; resized: string[] } {
  const resized: string[] = [];
  const shell: Pick<Shell, "host" | "run"> = {
    host: "here",
    run: (argv): Promise<RunResult> => {
      const [verb, domain, target = "", size] = argv.slice(4);
      assert.equal(domain, "pg-a1");
      if (verb === "blockresize") resized.push(`${target} ${size}`);
      const stdout =
        verb === "domblkinfo" && sizes[target] !== undefined
          ? `Capacity:       ${sizes[target]}\nAllocation:     200704\nPhysical:       196616\n`
          : "";
      return Promise.resolve({ code: 0, stdout, stderr: "" });
    },
  };
  const out = output(true, { out: () => undefined, err: () => undefined, monotonic: () => 0 });
  const grow = (disks: readonly DeclaredDisk[], dryRun = false): Promise<readonly string[]> =>
    growDisks(virshHypervisor(shell as Shell), "pg-a1", disks, { out, dryRun });
  return { grow, resized };
}

describe("disks of a guest", () => {
  it("grow to what is declared, and are left alone when they fit", async () => {
    const { grow, resized } = machine({ vdb: 4 * GIB, vdc: 2 * GIB });
    const disks = [
      { target: "vdb", size: 6 * GIB },
      { target: "vdc", size: 2 * GIB },
    ];
    assert.deepEqual(await grow(disks, true), ["vdb"]);
    assert.deepEqual(resized, [], "a dry run changes nothing");
    assert.deepEqual(await grow(disks), ["vdb"]);
    assert.deepEqual(resized, [`vdb ${6 * GIB}B`]);
  });

  it("are never made smaller, and then none is touched", async () => {
    const { grow, resized } = machine({ vdb: 4 * GIB, vdc: 2 * GIB });
    await assert.rejects(
      grow([
        { target: "vdb", size: 6 * GIB },
        { target: "vdc", size: GIB },
      ]),
      /vdc of pg-a1 has 2 GiB and 1 GiB is declared/,
    );
    assert.deepEqual(resized, []);
  });

  it("are left alone when their size is not known", async () => {
    const { grow, resized } = machine({});
    await assert.rejects(grow([{ target: "vdb", size: GIB }]), /the size of vdb of pg-a1 is not known/);
    assert.deepEqual(resized, []);
  });
});
