import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKOUT, installOffline, manifest, pack, strangersProject, type Packed } from "./packed.js";

/** Nothing is built on them yet; they are installed so that programs for these platforms get the versions that fit. */
const OTHER_PLATFORMS = ["@pulumi/kubernetes", "@pulumi/vsphere"];
/** What one can expect of a library of text and rules; a tarball above it has swallowed something. */
const LARGEST_TARBALL = 2 * 1024 ** 2;

describe("package", function () {
  this.timeout(180_000);

  let folder: string;
  let project: string;
  let installed: string;
  let packed: Packed;

  const node = (...args: string[]): string =>
    execFileSync(process.execPath, args, {
      cwd: project,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const tsc = (config: string): string => {
    try {
      return node(join(CHECKOUT, "node_modules", "typescript", "bin", "tsc"), "--project", config);
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pgkeep-package-"));
    project = join(folder, "stranger");
    packed = pack(folder);
    strangersProject(project);
    installed = installOffline(packed, project);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("holds compiled code, declarations, bundled SDKs and documents, and nothing of our workshop", () => {
    const wrong = packed.paths.filter(
      (path) =>
        /(^|\/)(test|lab|benchmark|reports|\.ci)\//.test(path) ||
        /\.(map|tsbuildinfo|tgz)$/.test(path) ||
        (path.endsWith(".ts") && !path.endsWith(".d.ts")),
    );
    assert.deepEqual(wrong, []);
    for (const path of [
      "LICENSE",
      "README.md",
      "CHANGELOG.md",
      "docs/environment.schema.json",
      "policy/PulumiPolicy.yaml",
      "docs/ci/comment.mjs",
      "docs/ci/github-actions.yml",
      "docs/ci/gitlab-ci.yml",
    ]) {
      assert.ok(packed.paths.includes(path), `${path} is missing`);
    }
    for (const name of manifest().bundleDependencies) {
      assert.ok(packed.paths.includes(`node_modules/${name}/dist/index.js`), `${name} is missing`);
      assert.ok(packed.paths.includes(`node_modules/${name}/dist/index.d.ts`), `${name} has no types`);
    }
  });

  it("is small", () => {
    assert.ok(packed.size < LARGEST_TARBALL, `${packed.size} bytes`);
  });

  it("asks for nothing that only this checkout has", () => {
    const { dependencies, bundleDependencies } = manifest(installed);
    for (const [name, range] of Object.entries(dependencies)) {
      assert.doesNotMatch(range, /^(file|link|workspace|git|https?):/, name);
      if (bundleDependencies.includes(name)) {
        assert.equal(manifest(join(installed, "node_modules", name)).version, range, name);
      }
    }
  });

  it("depends on what its code names, on the SDKs of the other platforms, and on nothing else", () => {
    const named = packed.paths
      .filter((path) => path.startsWith("dist/") && /\.(js|d\.ts)$/.test(path))
      .flatMap((path) => [
        ...readFileSync(join(installed, path), "utf8").matchAll(
          /(?:^|[^.\w])(?:require\(|from |import |import\()"((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^"]*)?"/gm,
        ),
      ])
      .flatMap(([, name = ""]) => (name === "." || name === ".." || isBuiltin(name) ? [] : [name]));
    const { dependencies, peerDependencies } = manifest(installed);
    assert.deepEqual(
      Object.keys({ ...dependencies, ...peerDependencies }).toSorted(),
      [...new Set([...named, ...OTHER_PLATFORMS])].toSorted(),
    );
  });

  it("has every entry point that it names, with types", () => {
    for (const [subpath, target] of Object.entries(manifest().exports)) {
      const files = typeof target === "string" ? [target] : [target.types, target.default];
      for (const file of files) {
        assert.ok(existsSync(join(installed, file)), `${subpath}: ${file} is missing`);
      }
    }
  });

  it("has the command, which says what it is", () => {
    const command = manifest().bin["pgkeep"] ?? "";
    assert.match(readFileSync(join(installed, command), "utf8"), /^#!\/usr\/bin\/env node/);
    assert.match(node(join(installed, command), "--help"), /pgkeep/);
  });

  it("gives a stranger's program its types and finds its mistakes, as Node resolves", () => {
    assert.equal(tsc("tsconfig.json"), "");
  });

  it("does the same as bundlers resolve, the policy entry included", () => {
    assert.equal(tsc("tsconfig.bundler.json"), "");
  });

  it("runs in a stranger's program: the whole cluster registers, and single parts with a provider of its own", () => {
    const { address, pool, registered } = JSON.parse(node(join("out", "mocks.js"))) as {
      address: string;
      pool: string;
      registered: string[];
    };
    assert.equal(address, "10.9.1.100:5432");
    assert.equal(pool, "drills");
    const count = (type: string): number => registered.filter((one) => one === type).length;
    assert.equal(count("pgkeep:libvirt:PostgresCluster"), 1);
    assert.equal(count("libvirt:index/domain:Domain"), 3);
    assert.equal(count("pulumi:providers:libvirt"), 3 + 1);
  });

  it("loads as an ES module too", () => {
    assert.equal(node("esm.mjs"), "function function function");
  });
});
