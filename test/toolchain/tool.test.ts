import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.js";
import { installTools } from "../../toolchain/install.js";
import { cachePaths, type CachePaths } from "../../toolchain/paths.js";
import { installDirectory, requireSpace } from "../../toolchain/staging.js";
import { obtain, type Source, type Tool } from "../../toolchain/tool.js";
import { recordedProgress, TemporaryDirectory } from "./fixtures.js";

describe("toolchain: where a tool comes from", () => {
  let directory: TemporaryDirectory;
  let paths: CachePaths;
  let asked: string[];
  beforeEach(() => {
    directory = new TemporaryDirectory();
    paths = cachePaths(directory.path);
    asked = [];
  });
  afterEach(() => directory.remove());

  /** A source that gives `content`, fails with an error, or is not available for a reason. */
  const source = (name: string, gives: { content?: string; reason?: string; error?: Error }): Source => ({
    name,
    unavailable: async () => {
      asked.push(name);
      return gives.reason;
    },
    fill: async (target) => {
      writeFileSync(join(target, "tool"), gives.content ?? "half");
      if (gives.error) throw gives.error;
    },
  });
  const tool = (...sources: Source[]): Tool => ({
    name: "tool",
    version: "1.0.0",
    destination: join(paths.toolchain, "tool", "1.0.0"),
    sources,
    misfit: async (where) => {
      if (!existsSync(join(where, "tool"))) return "it is missing";
      const content = readFileSync(join(where, "tool"), "utf8");
      return content === "1.0.0" ? undefined : `it is version ${content}`;
    },
  });
  const content = (): string => readFileSync(join(paths.toolchain, "tool", "1.0.0", "tool"), "utf8");

  it("the first source that has it gives it; the others are not asked", async () => {
    const { progress, lines } = recordedProgress();
    await obtain(tool(source("a", { content: "1.0.0" }), source("b", { content: "1.0.0" })), paths, progress);
    assert.deepEqual(asked, ["a"]);
    assert.ok(lines.includes("toolchain: tool 1.0.0: in place (a)"));
  });

  it("a source that is not available, fails, or gives another version is passed over", async () => {
    const { progress, lines } = recordedProgress();
    const sources = [
      source("away", { reason: "no network" }),
      source("broken", { error: new Error("cut off") }),
      source("old", { content: "0.9.0" }),
      source("good", { content: "1.0.0" }),
    ];
    await obtain(tool(...sources), paths, progress);
    assert.deepEqual(asked, ["away", "broken", "old", "good"]);
    assert.equal(content(), "1.0.0");
    for (const reason of [
      "no away: no network",
      "broken failed: cut off",
      "old failed: what it gave does not fit: it is version 0.9.0",
    ])
      assert.ok(
        lines.some((line) => line.includes(reason)),
        `${reason} not in ${lines.join("\n")}`,
      );
  });

  it("when no source has it, one error names every reason and the remedy, and nothing is left", async () => {
    const { progress } = recordedProgress();
    const sources = [
      source("download", { reason: "host cannot be resolved" }),
      source("build", { error: new ToolchainError("no Go compiler", "install Go") }),
    ];
    await assert.rejects(installTools([tool(...sources)], { paths, progress }), (error: Error) => {
      assert.ok(error instanceof ToolchainError);
      const expected =
        "tool 1.0.0 cannot be obtained (download: host cannot be resolved; build: no Go compiler): install Go";
      assert.equal(error.message, expected);
      return true;
    });
    assert.equal(existsSync(join(paths.toolchain, "tool")), false);
    assert.equal(existsSync(paths.staging), false);
  });

  it("what is in place is not touched and no source is asked", async () => {
    const { progress } = recordedProgress();
    await installTools([tool(source("a", { content: "1.0.0" }))], { paths, progress });
    asked = [];
    await installTools([tool(source("a", { content: "1.0.0" }))], { paths, progress });
    assert.deepEqual(asked, []);
  });

  it("leftovers of a killed run are removed, and a misfit in place is replaced whole", async () => {
    const { progress } = recordedProgress();
    mkdirSync(join(paths.staging, "new-dead"), { recursive: true });
    const place = join(paths.toolchain, "tool", "1.0.0");
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "tool"), "0.9.0");
    writeFileSync(join(place, "of-the-old-one"), "");
    await installTools([tool(source("a", { content: "1.0.0" }))], { paths, progress });
    assert.deepEqual(readdirSync(place), ["tool"]);
    assert.equal(content(), "1.0.0");
    assert.equal(existsSync(paths.staging), false);
  });

  it("a directory that fails to fill leaves what was there", async () => {
    const place = join(paths.toolchain, "thing");
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "old"), "");
    const failing = installDirectory(paths, place, async (staged) => {
      writeFileSync(join(staged, "half"), "");
      throw new Error("interrupted");
    });
    await assert.rejects(failing, /interrupted/);
    assert.deepEqual(readdirSync(place), ["old"]);
  });

  it("too little disk space is refused before anything starts", () => {
    assert.throws(
      () => requireSpace(paths, 1e9, "building pulumi"),
      (error: Error) =>
        /^building pulumi needs 1000000000 MiB and .* has \d+ MiB free: free some space/.test(error.message),
    );
    requireSpace(paths, 1, "nothing much");
  });
});
