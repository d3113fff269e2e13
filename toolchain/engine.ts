import { accessSync, constants, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { hashOfDirectories, staleness, writeMark } from "./content-mark.js";
import { downloadArchive } from "./download.js";
import { compareVersions, goFolder, type GoBuilder } from "./go.js";
import type { Environment, CachePaths } from "./paths.js";
import { lastLines, run } from "./processes.js";
import type { Progress } from "./progress.js";
import type { DownloadHost } from "./reach.js";
import { requireSpace } from "./staging.js";
import type { Source, Tool } from "./tool.js";
import { engine } from "./versions.js";

/** What the makers of tools share in one run. */
export interface ToolContext {
  readonly paths: CachePaths;
  readonly progress: Progress;
  readonly host: DownloadHost;
  /** Where programs are released. */
  readonly releases: DownloadHost;
  readonly go: GoBuilder;
  readonly env: Environment;
}

/** The engine with the language host, dynamic providers and policy analyzer beside it. */
export function engineTool(context: ToolContext): Tool {
  return {
    name: "pulumi",
    version: engine.version,
    destination: context.paths.engine,
    sources: [installed(context), official(context), fromModules(context)],
    misfit: async (directory) =>
      staleness(directory, recipe()) ?? engineMisfit(join(directory, "bin"), context.env),
  };
}

/** Why the programs in `bin` are not an engine that fits; undefined when they are. */
async function engineMisfit(bin: string, env: Environment): Promise<string | undefined> {
  for (const program of engine.programs)
    if (!isExecutable(join(bin, program))) return `${join(bin, program)} is missing`;
  const version = await engineVersion(join(bin, "pulumi"), env);
  if (version === undefined) return `${join(bin, "pulumi")} does not start`;
  const fits =
    compareVersions(version, engine.version) >= 0 && Number(version.split(".")[0]) < engine.belowMajor;
  return fits ? undefined : `it is version ${version}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function engineVersion(program: string, env: Environment): Promise<string | undefined> {
  const result = await run(program, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" },
    timeoutMs: 60_000,
  });
  return result.code === 0 ? /^v?(\d+\.\d+\.\d+)/m.exec(result.stdout)?.[1] : undefined;
}

/** An engine on PATH: its real programs are linked, so that ours stays a place of its own. */
function installed(context: ToolContext): Source {
  const directories = (context.env["PATH"] ?? "").split(delimiter).filter((name) => name !== "");
  const program = directories.map((name) => join(name, "pulumi")).find(isExecutable);
  const bin = program === undefined ? "" : dirname(realpathSync(program));
  return {
    name: "installed engine",
    unavailable: async () => (program === undefined ? "none on PATH" : engineMisfit(bin, context.env)),
    fill: async (directory) => {
      mkdirSync(join(directory, "bin"));
      for (const name of engine.programs) symlinkSync(join(bin, name), join(directory, "bin", name));
    },
  };
}

function official(context: ToolContext): Source {
  const { expectedSeconds, needsMiB, url } = engine.download;
  return {
    name: "official download",
    unavailable: async () => {
      if (!["linux", "darwin"].includes(process.platform)) return `none for ${process.platform}`;
      return context.host.unreachable();
    },
    fill: async (directory) => {
      requireSpace(context.paths, needsMiB, `pulumi ${engine.version}`);
      const address = url(context.host.base, `${process.platform}-${process.arch}`);
      await context.progress.step(`download pulumi ${engine.version}`, expectedSeconds, async () => {
        const archive = await downloadArchive(address, context);
        const bin = join(directory, "bin");
        mkdirSync(bin);
        const unpacked = await run("tar", ["-xzf", archive, "-C", bin, "--strip-components=1"]);
        if (unpacked.code !== 0)
          throw new Error(`${address} is not a whole archive: ${lastLines(unpacked, 1)}`);
      });
    },
  };
}

function fromModules(context: ToolContext): Source {
  return {
    name: "build from Go modules",
    unavailable: async () => undefined,
    fill: async (directory) => {
      const bin = join(directory, "bin");
      mkdirSync(bin);
      requireSpace(context.paths, engine.buildNeedsMiB, `building pulumi ${engine.version}`);
      for (const build of engine.builds) await context.go.build(build, bin);
      for (const file of engine.files) await context.go.copy(file, bin);
      writeMark(directory, recipe());
    },
  };
}

/** What an engine that we build is built from. */
function recipe(): string {
  return hashOfDirectories(engine.builds.map(({ directory }) => goFolder(directory)));
}
