import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corrected, correctionsOf, writeCorrected, type Correction } from "../../toolchain/corrections.js";
import { TemporaryDirectory } from "./fixtures.js";

const correction: Correction = {
  module: "example.org/rpc",
  file: "lib/rpc.go",
  find: "make(chan int)",
  replace: "make(chan int, 1)",
  why: "it must not wait",
};

describe("corrections of Go modules", () => {
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => directory.remove());

  it("replace a text that stands there once", () => {
    assert.equal(corrected("c := make(chan int)\n", correction), "c := make(chan int, 1)\n");
  });

  it("are refused where the module is another one", () => {
    for (const text of ["c := make(chan int, 1)", "make(chan int) make(chan int)"])
      assert.throws(
        () => corrected(text, correction),
        /example\.org\/rpc: lib\/rpc\.go holds the text to correct [02] times, not once: adapt corrections\.json/,
      );
  });

  it("go into a copy; the module cache and the folder of the build stay as they are", () => {
    const folder = join(directory.path, "folder");
    const source = join(directory.path, "cache");
    const target = join(directory.path, "target");
    mkdirSync(folder);
    mkdirSync(join(source, "lib"), { recursive: true });
    const text = "c := make(chan int)\n";
    writeFileSync(join(source, correction.file), text, { mode: 0o444 });
    writeFileSync(join(source, "go.mod"), "module example.org/rpc\n");
    writeFileSync(join(folder, "go.mod"), "module example.org/build\n");
    writeFileSync(join(folder, "go.sum"), "sums\n");
    writeFileSync(join(folder, "corrections.json"), JSON.stringify([correction]));
    for (let run = 0; run < 2; run += 1) {
      const sources = new Map([[correction.module, source]]);
      const modfile = writeCorrected(folder, correctionsOf(folder), sources, target);
      const copy = /^replace example\.org\/rpc => (.+)$/m.exec(readFileSync(modfile, "utf8"))?.[1] ?? "";
      assert.equal(readFileSync(join(copy, correction.file), "utf8"), "c := make(chan int, 1)\n");
      assert.equal(readFileSync(join(copy, "go.mod"), "utf8"), "module example.org/rpc\n");
      assert.equal(readFileSync(join(target, "go.sum"), "utf8"), "sums\n");
    }
    assert.equal(readFileSync(join(source, correction.file), "utf8"), text);
    assert.equal(readFileSync(join(folder, "go.mod"), "utf8"), "module example.org/build\n");
  });

  it("are none where a folder lists none", () => {
    assert.deepEqual(correctionsOf(directory.path), []);
  });
});
