import assert from "node:assert/strict";
import { lstatSync, realpathSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import type { GoBuilder } from "../../toolchain/go.js";
import { installTools } from "../../toolchain/install.js";
import { cachePaths, programDirectory } from "../../toolchain/paths.js";
import { programTool } from "../../toolchain/programs.js";
import { DownloadHost } from "../../toolchain/reach.js";
import { programs, type ProgramVersion } from "../../toolchain/versions.js";
import { recordedProgress, TemporaryDirectory } from "./fixtures.js";

/** Nothing listens there: a site without the host of releases. */
const NOWHERE = "http://127.0.0.1:9";

describe("toolchain: programs beside the engine", function () {
  this.timeout(60_000);
  let directory: TemporaryDirectory;
  let server: Server | undefined;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => {
    server?.close();
    server = undefined;
    directory.remove();
  });

  /** Obtains a program and tells where it came from. */
  const obtain = async (
    program: ProgramVersion,
    { base = NOWHERE, path = directory.pathWith("bin") } = {},
  ): Promise<{ from: string; built: number; file: string }> => {
    const paths = cachePaths(join(directory.path, "cache"));
    const { progress, lines } = recordedProgress();
    let built = 0;
    const builder: Pick<GoBuilder, "build"> = {
      build: async (build, where) => {
        built += 1;
        directory.script(join(where, build.binary).slice(directory.path.length + 1), `echo built v0.52.0`);
      },
    };
    const host = new DownloadHost(base, 1000, {});
    const go = builder as GoBuilder;
    const context = { paths, progress, host, releases: host, go, env: { PATH: path } };
    await installTools([programTool(program, context)], { paths, progress });
    const line = lines.find((text) => text.includes("in place")) ?? "";
    const from = /\(([^)]+)\)$/.exec(line)?.[1] ?? line;
    return { from, built, file: join(programDirectory(paths, program), program.name) };
  };

  it("one on PATH that is new enough is linked", async () => {
    const own = directory.script("bin/govc", `echo govc 0.40.0`);
    const { from, built, file } = await obtain(programs.govc);
    assert.equal(from, "installed program");
    assert.equal(built, 0);
    assert.ok(lstatSync(file).isSymbolicLink());
    assert.equal(realpathSync(file), realpathSync(own));
  });

  it("one that is too old for its JSON is passed over, as is one that does not start", async () => {
    directory.script("bin/govc", `echo govc 0.31.0`);
    assert.equal((await obtain(programs.govc)).from, "build from Go modules");
    directory.script("bin/govc", `exit 1`);
    assert.match((await obtain(programs.govc)).from, /everything is in place/);
  });

  it("is taken out of the archive of the release", async () => {
    directory.script("release/govc", `echo govc 0.52.0`);
    const archive = join(directory.path, "govc.tar.gz");
    execFileSync("tar", ["-czf", archive, "-C", join(directory.path, "release"), "govc"]);
    const asked: string[] = [];
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end(readFileSync(archive));
    });
    await new Promise<void>((listening) => server?.listen(0, "127.0.0.1", listening));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { from, file } = await obtain(programs.govc, { base });
    assert.equal(from, "official download");
    assert.ok(
      asked.includes("/vmware/govmomi/releases/download/v0.52.0/govc_Linux_x86_64.tar.gz"),
      asked.join(),
    );
    assert.match(execFileSync(file, { encoding: "utf8" }), /0\.52\.0/);
  });

  it("the simulator is ours: nobody's installation and no release has what the laboratory needs", async () => {
    directory.script("bin/vcenter-simulator", `echo v9.0.0`);
    const { from, built } = await obtain(programs.vcenterSimulator);
    assert.equal(from, "build from Go modules");
    assert.equal(built, 1);
  });
});
