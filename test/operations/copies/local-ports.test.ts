import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, it } from "mocha";
import fc from "fast-check";
import { hostFiles } from "../../../operations/adapters/files.js";
import { localShell } from "../../../operations/adapters/shell.js";
import { CommandError } from "../../../operations/ports/index.js";
import { quote } from "../../../operations/quote.js";

const shell = localShell("here", { key: "", knownHosts: "", hosts: [] });
const files = hostFiles(shell);

describe("shell and files on this machine", () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "pgkeep-test-"))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("passes arguments as they are, input by its input, and tells how a program failed", async () => {
    const odd = "a b'c\"d$e;f\n*";
    assert.equal((await shell.run(["printf", "%s", odd])).stdout, odd);
    assert.equal((await shell.run(["cat"], { input: odd })).stdout, odd);
    await assert.rejects(shell.run(["sh", "-c", "echo why >&2; exit 7"], { input: "hidden" }), (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.code, 7);
      assert.match(error.message, /here: sh .* ended with 7: why/);
      assert.doesNotMatch(error.message, /hidden/);
      return true;
    });
    await assert.rejects(shell.run(["sleep", "20"], { timeout: 0.2 }), /did not end within 0\.2 s/);
  });

  it("quotes so that a shell gives back what was quoted", async () => {
    const text = fc.string({ unit: "binary-ascii", maxLength: 20 }).filter((value) => !value.includes("\0"));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 3 }), async (words) => {
        const { stdout } = await shell.run(["sh", "-c", `printf '%s\\0' ${words.map(quote).join(" ")}`]);
        assert.deepEqual(stdout.split("\0").slice(0, -1), words);
      }),
      { numRuns: 30 },
    );
  });

  it("writes atomically with the mode that was asked for, lists, measures, renames and removes", async () => {
    const path = join(directory, "a file");
    await files.write(path, "one");
    await files.write(path, "two", "0640");
    assert.equal(await files.read(path), "two");
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.deepEqual(await files.list(directory), [{ name: "a file", kind: "file", size: 3 }]);
    assert.equal(await files.size(path), 3);
    assert.equal(
      await files.sha256(path),
      "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
    );
    assert.equal(await readFile(path, "utf8"), "two", "the checksum changed the file");
    await files.makeDirectory(join(directory, "d/e"));
    await files.rename(path, join(directory, "d/e/f"));
    assert.equal(await files.exists(path), false);
    assert.ok((await files.space(join(directory, "not/there/yet"))).free > 0);
    await files.remove(join(directory, "d"));
    await files.remove(join(directory, "d"));
    assert.deepEqual(await files.list(join(directory, "d")), []);
    assert.equal(await files.read(path), undefined);
    assert.equal(await files.size(path), undefined);
  });

  it("an empty file is not an absent one", async () => {
    await writeFile(join(directory, "empty"), "");
    assert.equal(await files.read(join(directory, "empty")), "");
  });

  it("holds a lock until released; a second holder is refused; a killed holder leaves none", async () => {
    const path = join(directory, "lock");
    const argv = ["flock", "-E", "75", "-w", "0", path, "sh", "-c", "echo held; exec cat > /dev/null"];
    const held = await shell.hold(argv, 30);
    assert.ok(held !== undefined);
    assert.equal(await shell.hold(argv, 30), undefined);
    await held.release();
    const holder = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...argv], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    assert.equal(await shell.hold(argv, 30), undefined);
    holder.kill("SIGKILL");
    holder.stdin.destroy();
    const patient = argv.map((word) => (word === "0" ? "5" : word));
    await (await shell.hold(patient, 30))?.release();
  });
});
