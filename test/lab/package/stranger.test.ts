import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Endpoint } from "../../../benchmark/endpoint.js";
import { toolchainEnv } from "../../../toolchain/index.js";
import { CHECKOUT, manifest, pack, strangersProject } from "../../package/packed.js";

/*
 * The packed package in a stranger's hands, nothing stood in for: npm installs it with what it depends on, the
 * compiler takes its types, the real engine previews the program with the real plugins. Only the hypervisors are a
 * local daemon with libvirt's test driver, since a preview connects to them.
 */
describe("the packed package, installed by a stranger", function () {
  this.timeout(15 * 60_000);

  let folder: string;
  let project: string;
  let endpoint: Endpoint;
  let environment: NodeJS.ProcessEnv;

  const run = (command: string, ...args: string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: project,
      env: environment,
      encoding: "utf8",
      timeout: 5 * 60_000,
      killSignal: "SIGKILL",
    });
    return { status, output: `${stdout}${stderr}` };
  };
  const succeed = (command: string, ...args: string[]): string => {
    const { status, output } = run(command, ...args);
    assert.equal(status, 0, output);
    return output;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pgkeep-stranger-"));
    project = join(folder, "project");
    strangersProject(project);
    const state = join(folder, "state");
    mkdirSync(state);
    environment = {
      ...process.env,
      ...toolchainEnv(),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "a stranger's",
      TMPDIR: folder,
    };
    endpoint = await Endpoint.start(folder);

    const { file } = pack(folder);
    const { version } = manifest(join(CHECKOUT, "node_modules", "@pulumi", "pulumi"));
    const compiler = manifest(join(CHECKOUT, "node_modules", "typescript"));
    const packages = [file, `@pulumi/pulumi@${version}`, `typescript@${compiler.version}`, "@types/node@20"];
    succeed("npm", "install", "--no-audit", "--no-fund", ...packages);

    writeFileSync(
      join(project, "Pulumi.yaml"),
      "name: stranger\nmain: main.js\nruntime:\n  name: nodejs\n  options: { typescript: false }\n",
    );
    // What anybody may write around a program: a transformation that sends all providers to one place.
    writeFileSync(
      join(project, "main.js"),
      `const pulumi = require("@pulumi/pulumi");
pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
  type === "pulumi:providers:libvirt" ? { props: { ...props, uri: ${JSON.stringify(endpoint.uri)} }, opts } : undefined);
module.exports = require("./out/index.js");
`,
    );
    succeed("pulumi", "stack", "init", "test");
  });

  after(async () => {
    await endpoint.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has all that it needs, and nothing from this checkout", () => {
    succeed("npm", "ls", "--all");
    for (const name of [
      "pgkeep",
      "pgkeep/node_modules/@pulumi/libvirt",
      "@pulumi/command",
      "@pulumi/pulumi",
    ]) {
      const place = realpathSync(join(project, "node_modules", name));
      assert.ok(place.startsWith(realpathSync(project)), `${name} is ${place}`);
    }
  });

  it("gives the command", () => {
    assert.match(succeed(join("node_modules", ".bin", "pgkeep"), "--help"), /Usage: pgkeep/);
  });

  it("compiles and previews by the real engine", () => {
    succeed(join("node_modules", ".bin", "tsc"), "--project", "tsconfig.json");
    const output = succeed("pulumi", "preview", "--stack", "test", "--non-interactive");
    assert.match(output, /pgkeep:libvirt:PostgresCluster/);
    assert.match(output, /libvirt:index:Domain/);
    assert.match(output, /\+ \d+ to create/);
    assert.doesNotMatch(output, /made up by a stranger/, "a secret is shown in the preview");
  });

  it("brings its policy pack, which blocks the same program with encryption of the repository off", () => {
    const pack = join("node_modules", "pgkeep", "policy");
    const preview = (): { status: number | null; output: string } =>
      run("pulumi", "preview", "--stack", "test", "--non-interactive", "--policy-pack", pack);
    const baseline = preview();
    assert.equal(baseline.status, 0, baseline.output);
    const compiled = join("out", "environment.js");
    succeed(
      "sed",
      "-i",
      's/repository: { site: "t" }/repository: { site: "t", encryption: "none" }/',
      compiled,
    );
    const { status, output } = preview();
    assert.notEqual(status, 0);
    assert.match(output, /pgkeep-baseline/);
    assert.match(output, /encrypt/);
  });
});
