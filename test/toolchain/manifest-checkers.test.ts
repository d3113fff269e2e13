import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ToolContext } from "../../toolchain/engine.js";
import { generatedFilesTool } from "../../toolchain/generated-files.js";
import { newerModule, type GoBuilder } from "../../toolchain/go.js";
import { installTools } from "../../toolchain/install.js";
import {
  calicoDefinitions,
  kubernetesSchemas,
  pythonPrograms,
  type PythonProgram,
} from "../../toolchain/manifest-checkers.js";
import { moduleFilesTool } from "../../toolchain/module-files.js";
import { cachePaths, packageRoot } from "../../toolchain/paths.js";
import { pythonTool } from "../../toolchain/python.js";
import { recordedProgress, TemporaryDirectory } from "./fixtures.js";

// The real ones are obtained and run in test/lab/manifests.
describe("toolchain: what checks manifests", function () {
  this.timeout(60_000);
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => directory.remove());

  const contextWith = (copy: GoBuilder["copy"] = () => Promise.resolve()): ToolContext => {
    const { progress } = recordedProgress();
    const go: Pick<GoBuilder, "copy"> = { copy };
    const paths = cachePaths(join(directory.path, "cache"));
    return { paths, progress, go: go as GoBuilder, env: {} } as ToolContext;
  };

  it("files of Go modules lie in one folder, whole or not at all", async () => {
    const asked: string[] = [];
    const context = contextWith(async ({ module, path }, where) => {
      asked.push(`${module} ${path}`);
      writeFileSync(join(where, basename(path)), "{}");
    });
    const tool = moduleFilesTool(kubernetesSchemas, context);
    await installTools([tool], context);
    assert.equal(asked.length, kubernetesSchemas.files.length);
    for (const { path } of kubernetesSchemas.files)
      assert.ok(existsSync(join(tool.destination, basename(path))));
    await installTools([tool], context);
    assert.equal(asked.length, kubernetesSchemas.files.length);

    const half = contextWith(async () => Promise.reject(new Error("the proxy is away")));
    const other = moduleFilesTool({ ...kubernetesSchemas, version: "0.0.0" }, half);
    await assert.rejects(installTools([other], half), /the proxy is away/);
    assert.ok(!existsSync(other.destination));
  });

  it("what a program writes from types lies in one folder, whole or not at all, without the program", async () => {
    const { files, arguments: kinds } = calicoDefinitions;
    let built = 0;
    const contextOf = (written: readonly string[]): ToolContext => {
      const go: Pick<GoBuilder, "build" | "runBuilt"> = {
        build: async ({ binary }, where) => {
          built += 1;
          writeFileSync(join(where, binary), "");
        },
        runBuilt: async ({ binary }, where, [folder = "", ...told]) => {
          assert.ok(existsSync(join(where, binary)));
          assert.deepEqual(told, kinds);
          for (const file of written) writeFileSync(join(folder, file), "");
        },
      };
      return { ...contextWith(), go: go as GoBuilder };
    };
    const context = contextOf(files.slice(1));
    await assert.rejects(
      installTools([generatedFilesTool(calicoDefinitions, context)], context),
      /projectcalico\.org_globalnetworkpolicies\.yaml is missing/,
    );
    const whole = contextOf(files);
    const tool = generatedFilesTool(calicoDefinitions, whole);
    assert.ok(!existsSync(tool.destination));
    for (let again = 0; again < 2; again++) await installTools([tool], whole);
    assert.equal(built, 2);
    assert.deepEqual(readdirSync(tool.destination).sort(), ["pgkeep-content", ...files].sort());
  });

  it("types of Calico are pinned by the version that is said, and by hash", () => {
    const folder = join(packageRoot(), "toolchain", "go", calicoDefinitions.build.directory);
    const line = `github.com/projectcalico/api v${calicoDefinitions.version}`;
    assert.ok(readFileSync(join(folder, "go.mod"), "utf8").includes(`\t${line}\n`));
    assert.ok(readFileSync(join(folder, "go.sum"), "utf8").includes(`${line} h1:`));
  });

  it("modules of the files are pinned by version and hash", () => {
    const folder = join(packageRoot(), "toolchain", "go", "kubernetes-schemas");
    const sums = readFileSync(join(folder, "go.sum"), "utf8");
    const pinned = readFileSync(join(folder, "go.mod"), "utf8");
    for (const module of new Set(kubernetesSchemas.files.map((file) => file.module))) {
      const version = new RegExp(`^\\t${module} (v[\\d.]+)$`, "m").exec(pinned)?.[1];
      assert.ok(version !== undefined, module);
      assert.match(sums, new RegExp(`^${module} ${version} h1:`, "m"));
    }
    assert.match(pinned, new RegExp(`k8s\\.io/kubernetes v${kubernetesSchemas.version}$`, "m"));
  });

  it("a module that wants a newer Go is taken from its archive, and nothing else that was refused", () => {
    const told = { Version: "v1.30.0", Zip: "/cache/v1.30.0.zip", Sum: "h1:x" };
    const error = "example.org/m@v1.30.0 requires go >= 1.26.4 (running go 1.24.7; GOTOOLCHAIN=local)";
    assert.deepEqual(newerModule(JSON.stringify({ ...told, Error: error })), {
      archive: "/cache/v1.30.0.zip",
      version: "v1.30.0",
    });
    const { Zip: _, ...without } = told;
    for (const text of [
      "verifying example.org/m@v1.30.0: checksum mismatch",
      JSON.stringify({ ...told, Error: "example.org/m@v1.30.0: 403 Forbidden" }),
      JSON.stringify({ ...without, Error: error }),
      "",
    ])
      assert.equal(newerModule(text), undefined, text);
  });

  it("packages of Python are each named with version and hash, the program among them", () => {
    for (const { name, version, requirements } of Object.values(pythonPrograms)) {
      const lines = readFileSync(join(packageRoot(), "toolchain", "python", requirements), "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"));
      for (const line of lines) assert.match(line, /^[a-z0-9._-]+==[^ ]+ --hash=sha256:[0-9a-f]{64}$/);
      assert.ok(lines.some((line) => line.startsWith(`${name}==${version} `)));
    }
  });

  for (const [change, refusal] of [
    [{ python: "3.0" }, /the packages of checkov are for Python 3\.0, not Python 3\./],
    [{ platform: "plan9-mips" }, /the packages of checkov are for plan9-mips, not /],
  ] as const satisfies readonly (readonly [Partial<PythonProgram>, RegExp])[])
    it(`packages for ${Object.values(change).join()} are not installed elsewhere`, async () => {
      const context = contextWith();
      const tool = pythonTool({ ...pythonPrograms.checkov, ...change }, context);
      await assert.rejects(installTools([tool], context), refusal);
      assert.ok(!existsSync(tool.destination));
    });
});
