import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "../../../lab/hosts/lab.js";
import { identify } from "../../../lab/processes.js";
import { run, type RunOptions } from "../../../lab/subprocess.js";
import { enginePlaces } from "../../../lab/run/engine.js";
import { HangingEngine, update, wasCutOff } from "../../../lab/run/update.js";

/** A lab on which a shell script stands for the engine. */
function labWith(dir: string, script: string): Lab {
  const execIn = (_: string, __: readonly string[], options: RunOptions): ReturnType<typeof run> =>
    run("sh", ["-c", script], options);
  return { dir, execIn } as unknown as Lab;
}

describe("lab: updates of the stack", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pgkeep-update-"));
    mkdirSync(join(dir, "engine"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("an engine that falls silent is ended, with what it has started", async () => {
    const lab = labWith(dir, `echo creating; sleep 300 & echo $! > ${dir}/plugin; wait`);
    const began = Date.now();
    await assert.rejects(update(lab, ["up"], {}, 500), HangingEngine);
    assert.ok(Date.now() - began < 15_000, "long before the engine's own limit");
    const plugin = (await run("cat", [join(dir, "plugin")])).stdout.trim();
    assert.equal(identify(Number(plugin)), undefined, "its plugin is gone");
  });

  it("one that speaks is left alone, and a failure is told as such", async () => {
    const talking = labWith(dir, "for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done");
    assert.match(await update(talking, ["up"], {}, 1000), /6/);
    await assert.rejects(update(labWith(dir, "echo no; exit 3"), ["up"], {}, 1000), /code 3:[^]*no/);
    assert.ok(!wasCutOff(talking));
  });

  it("one whose owner died was cut off", () => {
    const lab = labWith(dir, "true");
    assert.ok(!wasCutOff(lab));
    writeFileSync(enginePlaces(lab).updating, "1-1");
    assert.ok(wasCutOff(lab));
  });
});
