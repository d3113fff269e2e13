import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ToolchainError } from "./errors.js";
import { engine, type PluginVersion, type ProgramVersion } from "./versions.js";

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Root of everything that is cached: `PGKEEP_CACHE`, else `$XDG_CACHE_HOME/pgkeep`, else `~/.cache/pgkeep`.
 * Always outside the checkout, so that a fresh clone finds what an older one obtained.
 */
export function cacheRoot(env: Environment = process.env): string {
  const chosen = env["PGKEEP_CACHE"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const xdg = env["XDG_CACHE_HOME"];
  const base = xdg !== undefined && xdg !== "" ? xdg : join(env["HOME"] ?? homedir(), ".cache");
  return join(resolve(base), "pgkeep");
}

/** The places inside the cache that the toolchain uses. */
export interface CachePaths {
  readonly root: string;
  readonly toolchain: string;
  /** Unfinished work; whatever lies here while nobody holds the lock is a leftover. */
  readonly staging: string;
  readonly lock: string;
  readonly logs: string;
  /** The engine and the programs beside it. */
  readonly engine: string;
  readonly engineBin: string;
  /** `PULUMI_HOME`: the engine's plugin cache and credentials, apart from the user's own. */
  readonly home: string;
  readonly plugins: string;
  /** Go module and build caches. */
  readonly go: string;
  /** Go itself, where it had to be fetched. */
  readonly goInstall: string;
}

export function cachePaths(root: string): CachePaths {
  const toolchain = join(root, "toolchain");
  const engineDirectory = join(toolchain, "engine", engine.version);
  const home = join(toolchain, "home");
  return {
    root,
    toolchain,
    staging: join(toolchain, ".staging"),
    lock: join(toolchain, ".lock"),
    logs: join(toolchain, "logs"),
    engine: engineDirectory,
    engineBin: join(engineDirectory, "bin"),
    home,
    plugins: join(home, "plugins"),
    go: join(root, "go"),
    goInstall: join(toolchain, "go"),
  };
}

/** Directory of a plugin in the engine's plugin cache. */
export function pluginDirectory(paths: CachePaths, plugin: Pick<PluginVersion, "name" | "version">): string {
  return join(paths.plugins, `resource-${plugin.name}-v${plugin.version}`);
}

/** Directory of a program; the program lies in it under its name. */
export function programDirectory(
  paths: CachePaths,
  { name, version }: Pick<ProgramVersion, "name" | "version">,
): string {
  return join(paths.toolchain, "programs", name, version);
}

/** The package's root: the checkout, or `node_modules/pgkeep` of whoever installed it. */
export function packageRoot(from: string = __dirname): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const manifest = join(directory, "package.json");
    if (
      existsSync(manifest) &&
      (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "pgkeep"
    )
      return directory;
    if (directory === dirname(directory))
      throw new ToolchainError(
        `no package.json of pgkeep above ${from}`,
        "run the toolchain from an installed pgkeep",
      );
  }
}
