import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withLock } from "../../toolchain/lock.js";
import { recordedProgress, TemporaryDirectory } from "./fixtures.js";

describe("toolchain: lock", function () {
  this.timeout(30_000);
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => directory.remove());

  it("two runs at once work one after the other", async () => {
    const lock = join(directory.path, "lock");
    let inside = 0;
    let most = 0;
    const { progress, lines } = recordedProgress();
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await pause(150);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(lock, progress, work)));
    assert.equal(most, 1);
    assert.ok(
      lines.some((line) => line.includes(`another run (process ${process.pid}) works on this cache`)),
    );
  });

  it("is free again after an error", async () => {
    const lock = join(directory.path, "lock");
    const { progress } = recordedProgress();
    await assert.rejects(
      withLock(lock, progress, async () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(await withLock(lock, progress, async () => 7), 7);
  });

  it("is free again when its holder was killed", async () => {
    const lock = join(directory.path, "lock");
    const file = join(directory.path, "holder.ts");
    const module = (name: string): string => JSON.stringify(join(__dirname, "../../toolchain", name));
    writeFileSync(
      file,
      `import { withLock } from ${module("lock")};
       import { Progress } from ${module("progress")};
       void withLock(${JSON.stringify(lock)}, new Progress(), async () => {
         console.log("held");
         await new Promise(() => setInterval(() => undefined, 1000));
       });`,
    );
    const holder = spawn(process.execPath, ["--import", "tsx", file], {
      cwd: join(__dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((done) => holder.stdout.once("data", () => done()));
    const { progress } = recordedProgress();
    const waiting = withLock(lock, progress, async () => "mine");
    await pause(200);
    holder.kill("SIGKILL");
    assert.equal(await waiting, "mine");
  });

  it("a place that cannot be written is one clear error", async () => {
    const { progress } = recordedProgress();
    const file = join(directory.path, "file");
    writeFileSync(file, "");
    await assert.rejects(
      withLock(join(file, "lock"), progress, async () => 1),
      /the cache cannot be written at .*file \((ENOTDIR|EEXIST)\): make it writable/,
    );
  });
});
