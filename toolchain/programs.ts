import { accessSync, constants, realpathSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { hashOfDirectories, staleness, writeMark } from "./content-mark.js";
import { downloadArchive } from "./download.js";
import type { ToolContext } from "./engine.js";
import { compareVersions, goFolder } from "./go.js";
import { programDirectory } from "./paths.js";
import { lastLines, run } from "./processes.js";
import { requireSpace } from "./staging.js";
import type { Source, Tool } from "./tool.js";
import type { ProgramVersion } from "./versions.js";

/** A program beside the engine, such as the command line of vSphere. */
export function programTool(program: ProgramVersion, context: ToolContext): Tool {
  const { download } = program;
  return {
    name: program.name,
    version: program.version,
    destination: programDirectory(context.paths, program),
    sources: [
      // What we add to a program nobody else's has.
      ...(download === undefined ? [] : [installed(program, context), official(program, download, context)]),
      fromModules(program, context),
    ],
    misfit: async (directory) =>
      staleness(directory, recipe(program)) ?? programMisfit(join(directory, program.name), program, context),
  };
}

async function programMisfit(
  file: string,
  { name, version, minimum = version, versionArguments }: ProgramVersion,
  { env }: ToolContext,
): Promise<string | undefined> {
  if (!isExecutable(file)) return `${file} is missing`;
  const result = await run(file, versionArguments, { env: { ...env }, timeoutMs: 60_000 });
  const found = /(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code !== 0 || found === undefined) return `${name} does not start`;
  return compareVersions(found, minimum) >= 0 ? undefined : `it is version ${found}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program on PATH; it is linked, so that ours stays a place of its own. */
function installed(program: ProgramVersion, context: ToolContext): Source {
  const directories = (context.env["PATH"] ?? "").split(delimiter).filter((name) => name !== "");
  const found = directories.map((name) => join(name, program.name)).find(isExecutable);
  return {
    name: "installed program",
    unavailable: async () => (found === undefined ? "none on PATH" : programMisfit(found, program, context)),
    fill: async (directory) => symlinkSync(realpathSync(found ?? ""), join(directory, program.name)),
  };
}

function official(
  program: ProgramVersion,
  download: NonNullable<ProgramVersion["download"]>,
  context: ToolContext,
): Source {
  const { name, version } = program;
  const platform = download.platforms[`${process.platform}-${process.arch}`];
  return {
    name: "official download",
    unavailable: async () =>
      platform === undefined
        ? `none for ${process.platform}-${process.arch}`
        : context.releases.unreachable(),
    fill: async (directory) => {
      requireSpace(context.paths, download.needsMiB, `${name} ${version}`);
      const address = `${context.releases.base}/${download.path}_${platform ?? ""}.tar.gz`;
      await context.progress.step(`download ${name} ${version}`, download.expectedSeconds, async () => {
        const archive = await downloadArchive(address, context);
        const unpacked = await run("tar", ["-xzf", archive, "-C", directory, name]);
        rmSync(archive, { force: true });
        if (unpacked.code !== 0)
          throw new Error(`${address} is not a whole archive: ${lastLines(unpacked, 1)}`);
      });
    },
  };
}

function fromModules(program: ProgramVersion, context: ToolContext): Source {
  return {
    name: "build from Go modules",
    unavailable: async () => undefined,
    fill: async (directory) => {
      const { name, version } = program;
      requireSpace(context.paths, program.buildNeedsMiB, `building ${name} ${version}`);
      await context.go.build(program.build, directory);
      writeMark(directory, recipe(program));
    },
  };
}

/** What a program that we build is built from; a package of another module stands in go.sum. */
function recipe({ build }: ProgramVersion): string {
  const folder = goFolder(build.directory);
  return hashOfDirectories(build.package.startsWith(".") ? [folder, join(folder, build.package)] : [folder]);
}
