import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { diskImages } from "../../../operations/adapters/qemu-img.js";
import { localShell } from "../../../operations/adapters/shell.js";

const images = diskImages(localShell("here", { key: "", knownHosts: "", hosts: [] }));

describe("an overlay that was written to", function () {
  let directory: string;
  before(function () {
    if (spawnSync("qemu-io", ["--version"]).status !== 0) this.skip();
  });
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "pgkeep-test-"))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is known by itself alone, also when what it rests on is gone or it is damaged", async () => {
    const [base, overlay] = [join(directory, "base.qcow2"), join(directory, "overlay.qcow2")];
    const run = (program: string, ...argv: string[]): void =>
      assert.equal(spawnSync(program, argv).status, 0, `${program} ${argv.join(" ")}`);
    run("qemu-img", "create", "-q", "-f", "qcow2", base, "64M");
    run("qemu-io", "-c", "write 0 1M", base);
    await images.overlay(overlay, base);
    assert.equal(await images.written(overlay), false);
    run("qemu-io", "-c", "read 0 1M", overlay);
    assert.equal(await images.written(overlay), false);
    await rm(base);
    assert.equal(await images.written(overlay), false);
    run("qemu-img", "create", "-q", "-f", "qcow2", base, "64M");
    run("qemu-io", "-c", "write 8M 4k", overlay);
    await rm(base);
    assert.equal(await images.written(overlay), true);
    await writeFile(overlay, "no image");
    assert.equal(await images.written(overlay), true);
  });
});
