import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readMark, writeMark } from "./content-mark.js";
import type { ToolContext } from "./engine.js";
import { packageRoot, programDirectory } from "./paths.js";
import { lastLines, run } from "./processes.js";
import { requireSpace } from "./staging.js";
import type { Tool } from "./tool.js";
import type { PythonProgram } from "./manifest-checkers.js";

/**
 * A program of Python in a virtual environment of its own, each package in the version and with the hash that
 * `toolchain/python` names. It is run as `python -m`, since scripts of an environment name the place that they were made in.
 */
export function pythonTool(program: PythonProgram, context: ToolContext): Tool {
  const { name, version } = program;
  const { paths } = context;
  const requirements = join(packageRoot(), "toolchain", "python", program.requirements);
  const content = (): string =>
    createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  return {
    name,
    version,
    destination: programDirectory(paths, program),
    sources: [
      {
        name: "Python packages",
        unavailable: () => unavailable(program),
        fill: async (directory) => {
          requireSpace(paths, program.needsMiB, `${name} ${version}`);
          await context.progress.step(`install ${name} ${version} by pip`, program.expectedSeconds, () =>
            fill(directory, requirements, join(paths.logs, `${name}-by-pip.log`)),
          );
          writeMark(directory, content());
        },
      },
    ],
    misfit: async (directory) => {
      if (!existsSync(pythonOf(directory))) return `${pythonOf(directory)} is missing`;
      return readMark(directory) === content() ? undefined : "it is made from other packages";
    },
  };
}

/** The interpreter of an environment. */
export function pythonOf(directory: string): string {
  return join(directory, "bin", "python3");
}

async function unavailable({ name, python, platform }: PythonProgram): Promise<string | undefined> {
  const here = `${process.platform}-${process.arch}`;
  if (here !== platform) return `the packages of ${name} are for ${platform}, not ${here}`;
  const version = await run("python3", ["--version"], { timeoutMs: 30_000 });
  if (version.code !== 0) return "there is no python3";
  if (!version.stdout.startsWith(`Python ${python}.`))
    return `the packages of ${name} are for Python ${python}, not ${version.stdout.trim()}`;
  const pip = await run("python3", ["-m", "pip", "--version"], { timeoutMs: 30_000 });
  return pip.code === 0 ? undefined : "there is no pip";
}

async function fill(directory: string, requirements: string, log: string): Promise<void> {
  // Without pip of its own: the system's installs into it.
  const made = await run("python3", ["-m", "venv", "--without-pip", directory], { log });
  if (made.code !== 0) throw new Error(`no virtual environment: ${lastLines(made, 1)}`);
  const options = [
    "--no-deps",
    "--only-binary",
    ":all:",
    "--require-hashes",
    "--no-cache-dir",
    "--no-compile",
  ];
  const args = [
    "-m",
    "pip",
    "--python",
    pythonOf(directory),
    "install",
    "-q",
    ...options,
    "-r",
    requirements,
  ];
  const installed = await run("python3", args, { log });
  if (installed.code !== 0) throw new Error(lastLines(installed, 1));
}
