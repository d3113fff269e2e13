import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { engine } from "../../toolchain/versions.js";
import { TemporaryDirectory } from "./fixtures.js";

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("toolchain: the command line, with small stand-ins for the real tools", function () {
  this.timeout(60_000);
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => directory.remove());

  const cache = (): string => join(directory.path, "cache");
  const bin = (): string => join(cache(), "toolchain", "engine", engine.version, "bin");
  const calls = (): string[] => {
    const file = join(directory.path, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };

  function start(
    args: string[],
    path: string,
    more: Record<string, string> = {},
  ): { child: ChildProcess; outcome: Promise<Outcome> } {
    const child = spawn(process.execPath, ["--import", "tsx", "toolchain/cli.ts", ...args], {
      cwd: join(__dirname, "../.."),
      // Nothing listens on port 9 of the loopback: the site without download hosts.
      env: {
        PATH: path,
        HOME: directory.path,
        PGKEEP_CACHE: cache(),
        PGKEEP_DOWNLOADS: "http://127.0.0.1:9",
        ...more,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    return {
      child,
      outcome: new Promise((done) => child.on("close", (code) => done({ code, stdout, stderr }))),
    };
  }
  const install = (path: string, more: Record<string, string> = {}): Promise<Outcome> =>
    start(["install", "--platform", "none"], path, more).outcome;

  /** An engine whose programs do nothing but tell their version. */
  function fakeEngine(where: string, version: string, programs: readonly string[] = engine.programs): void {
    for (const program of programs) directory.script(`${where}/${program}`, `echo v${version}`);
  }

  /** A Go that writes a program that tells the engine's version, and the two scripts of the SDK module. */
  function fakeGo(where: string, version: string, ...beforeBuild: string[]): void {
    const module = join(directory.path, "module");
    for (const { path } of engine.files) directory.script(join("module", path), "exit 0");
    directory.script(
      `${where}/go`,
      `echo "go $1" >> '${join(directory.path, "calls")}'`,
      `case "$1" in`,
      `version) echo "go version go${version} linux/amd64" ;;`,
      `mod) echo '{"Dir":"${module}"}' ;;`,
      `build)`,
      ...beforeBuild,
      `  while [ "$1" != -o ]; do shift; done`,
      `  printf '#!/bin/sh\\necho v${engine.version}\\n' > "$2"; chmod 755 "$2" ;;`,
      `esac`,
    );
  }

  it("an installed engine that fits is linked, and nothing is downloaded or built", async () => {
    fakeEngine("opt", engine.version);
    fakeGo("opt", "1.26.0");
    const { code, stderr } = await install(directory.pathWith("opt"));
    assert.equal(code, 0, stderr);
    assert.ok(lstatSync(join(bin(), "pulumi")).isSymbolicLink());
    assert.deepEqual(calls(), []);
  });

  for (const [what, version, programs] of [
    ["an older engine", "3.149.9", engine.programs],
    ["an engine of the next major version", "4.0.0", engine.programs],
    ["an engine without a language host", engine.version, ["pulumi"]],
  ] as const)
    it(`${what} does not fit: the engine is built`, async () => {
      fakeEngine("opt", version, programs);
      fakeGo("go", "1.26.0");
      const { code, stderr } = await install(directory.pathWith("opt", "go"));
      assert.equal(code, 0, stderr);
      assert.ok(!lstatSync(join(bin(), "pulumi")).isSymbolicLink());
      assert.deepEqual(calls().filter((call) => call === "go build").length, engine.builds.length);
    });

  it("a reachable download comes before a build", async () => {
    fakeEngine("tarball/pulumi", engine.version);
    fakeGo("go", "1.26.0");
    const archive = execFileSync("tar", ["-czf", "-", "-C", join(directory.path, "tarball"), "pulumi"]);
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end(archive);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, stderr } = await install(directory.pathWith("go"), {
        PGKEEP_DOWNLOADS: `http://127.0.0.1:${port}`,
      });
      assert.equal(code, 0, stderr);
      assert.deepEqual(asked, [`/releases/sdk/pulumi-v${engine.version}-linux-${process.arch}.tar.gz`]);
      assert.deepEqual(calls(), []);
      assert.match(stderr, /in place \(official download\)/);
    } finally {
      server.close();
    }
  });

  it("refuses a mirror without TLS before it asks anybody", async () => {
    for (const mirror of ["http://mirror.example.org/pulumi", "mirror.example.org"]) {
      const { code, stderr } = await install(directory.pathWith("go"), { PGKEEP_DOWNLOADS: mirror });
      assert.equal(code, 1);
      assert.match(stderr, /^error: PGKEEP_DOWNLOADS is ".*mirror.example.org.*https:/m);
      assert.deepEqual(calls(), []);
    }
  });

  it("a download that is not the archive is passed over", async () => {
    fakeGo("go", "1.26.0");
    const server = createServer((_, response) => response.end("<html>please log in</html>"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, stderr } = await install(directory.pathWith("go"), {
        PGKEEP_DOWNLOADS: `http://127.0.0.1:${port}`,
      });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /official download failed: .* is not a whole archive/);
    } finally {
      server.close();
    }
  });

  it("without download hosts it builds, in seconds, and the second run does nothing", async () => {
    fakeGo("go", "1.26.0");
    const path = directory.pathWith("go");
    const first = await install(path);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /no official download: 127\.0\.0\.1:9 refuses/);
    assert.match(first.stderr, /build pulumi from Go modules \(expected about/);
    const count = calls().length;
    const second = await install(path);
    assert.equal(second.code, 0);
    assert.match(second.stderr, /everything is in place/);
    assert.equal(calls().length, count);
  });

  it("an old Go and no pip: one sentence with the remedy, exit code 1", async () => {
    fakeGo("go", "1.19.8");
    directory.script("go/python3", "exit 1");
    const { code, stderr } = await install(directory.pathWith("go"));
    assert.equal(code, 1);
    const last = stderr.trim().split("\n").at(-1) ?? "";
    assert.match(
      last,
      /^error: pulumi .* Go 1\.19\.8 \(go\), older than 1\.24\.7, and .*: install Go 1\.24\.7 or newer/,
    );
    assert.equal(existsSync(bin()), false);
  });

  it("a failing build names its log and leaves nothing half-made", async () => {
    fakeGo("go", "1.26.0", `echo "checksum mismatch" >&2; exit 1`);
    const { code, stderr } = await install(directory.pathWith("go"));
    assert.equal(code, 1);
    assert.match(stderr, /building pulumi failed: checksum mismatch.*: see .*logs\/pulumi\.log/s);
    assert.equal(existsSync(join(cache(), "toolchain", "engine")), false);
    assert.equal(existsSync(join(cache(), "toolchain", ".staging")), false);
  });

  it("killed in the middle and run again, it finishes", async () => {
    const mark = join(directory.path, "building");
    fakeGo("go", "1.26.0", `  if [ ! -e '${mark}' ]; then touch '${mark}'; exec sleep 30; fi`);
    const { child, outcome } = start(["install", "--platform", "none"], directory.pathWith("go"));
    for (let i = 0; i < 200 && !existsSync(mark); i++) await pause(50);
    assert.ok(existsSync(mark), "the build never started");
    child.kill("SIGKILL");
    // The outputs stay open as long as the orphaned build does; only the end of the process matters.
    await Promise.race([outcome, new Promise((done) => child.on("exit", done))]);
    assert.equal(existsSync(join(cache(), "toolchain", "engine")), false);
    const again = await install(directory.pathWith("go"));
    assert.equal(again.code, 0, again.stderr);
    assert.ok(existsSync(join(bin(), "pulumi-language-nodejs")));
  });

  it("ended by a signal, it ends its build and says so by its exit code", async () => {
    const mark = join(directory.path, "building");
    fakeGo("go", "1.26.0", `  echo $$ > '${mark}'; exec sleep 30`);
    const { child, outcome } = start(["install", "--platform", "none"], directory.pathWith("go"));
    for (let i = 0; i < 200 && !existsSync(mark); i++) await pause(50);
    await pause(50);
    child.kill("SIGTERM");
    assert.equal((await outcome).code, 143);
    const pid = Number(readFileSync(mark, "utf8"));
    await pause(100);
    // Gone, or dead and not yet reaped by the system's first process.
    const state = existsSync(`/proc/${pid}/stat`)
      ? readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2]
      : "gone";
    assert.match(state ?? "", /^(gone|Z)$/);
  });

  it("two runs at once build once", async () => {
    fakeGo("go", "1.26.0", "  sleep 0.3");
    const path = directory.pathWith("go");
    const both = await Promise.all([install(path), install(path)]);
    for (const { code, stderr } of both) assert.equal(code, 0, stderr);
    assert.equal(calls().filter((call) => call === "go build").length, engine.builds.length);
  });

  it("env prints lines that put the engine on PATH and keep it off the network", async () => {
    fakeEngine("opt", engine.version);
    await install(directory.pathWith("opt"));
    const { code, stdout } = await start(["env"], directory.pathWith()).outcome;
    assert.equal(code, 0);
    const script = `${stdout}\ncommand -v pulumi; echo "$PULUMI_HOME"; echo "$PULUMI_SKIP_UPDATE_CHECK"`;
    const lines = execFileSync("sh", ["-c", script], { env: { PATH: "/usr/bin:/bin" }, encoding: "utf8" })
      .trim()
      .split("\n");
    assert.deepEqual(lines, [join(bin(), "pulumi"), join(cache(), "toolchain", "home"), "1"]);
  });

  it("env without an engine, and an unknown platform, are refused with what to do", async () => {
    const env = await start(["env"], directory.pathWith()).outcome;
    assert.equal(env.code, 1);
    assert.match(env.stderr, /^error: there is no engine in .*: install it with/);
    const platform = await start(["install", "--platform", "xen"], directory.pathWith()).outcome;
    assert.notEqual(platform.code, 0);
    assert.match(platform.stderr, /'xen' is invalid.*none, kvm/s);
  });

  it("a cache that cannot be written is one clear sentence", async () => {
    fakeGo("go", "1.26.0");
    mkdirSync(join(directory.path, "cache-is-here"));
    writeFileSync(join(directory.path, "file"), "");
    chmodSync(join(directory.path, "file"), 0o444);
    const { code, stderr } = await install(directory.pathWith("go"), {
      PGKEEP_CACHE: join(directory.path, "file"),
    });
    assert.equal(code, 1);
    assert.match(stderr, /^error: the cache cannot be written at .*: make it writable/m);
    assert.doesNotMatch(stderr, /at .*\.ts:\d+/);
  });
});
