import assert from "node:assert/strict";
import { GoBuilder, goFolder } from "../../../toolchain/go.js";
import { cachePaths, cacheRoot } from "../../../toolchain/paths.js";
import { run, type ProcessResult } from "../../../toolchain/processes.js";
import { Progress } from "../../../toolchain/progress.js";

const FOLDER = "pulumi-resource-libvirt";

describe("corrected Go modules", function () {
  this.timeout(300_000);
  const builder = new GoBuilder(cachePaths(cacheRoot()), new Progress(() => undefined));

  const downloads = async (modfile: readonly string[]): Promise<ProcessResult> =>
    run(await builder.find(), ["test", ...modfile, "-count=1", "./rpc"], {
      cwd: goFolder(FOLDER),
      env: builder.environment(),
    });

  it("as published, libvirt's RPC library hangs when more comes after the end of a download", async () => {
    const { code, stdout } = await downloads([]);
    assert.notEqual(code, 0);
    assert.match(stdout, /download \d+ hangs/);
  });

  it("corrected, it does not", async () => {
    const { code, stdout, stderr } = await downloads(await builder.modfile(FOLDER));
    assert.equal(code, 0, `${stdout}\n${stderr}`);
  });
});
