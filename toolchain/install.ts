import { join } from "node:path";
import { clearStaging } from "./staging.js";
import { engineTool, type ToolContext } from "./engine.js";
import { generatedFilesTool } from "./generated-files.js";
import { GoBuilder } from "./go.js";
import { ToolchainError } from "./errors.js";
import { withLock } from "./lock.js";
import type { GeneratedFiles, ModuleFiles, PythonProgram } from "./manifest-checkers.js";
import { moduleFilesTool } from "./module-files.js";
import { cachePaths, cacheRoot, type Environment } from "./paths.js";
import { pluginTool } from "./plugins.js";
import { programTool } from "./programs.js";
import { pythonOf, pythonTool } from "./python.js";
import { Progress } from "./progress.js";
import { DownloadHost } from "./reach.js";
import { obtain, type Tool } from "./tool.js";
import {
  downloads,
  platformPrograms,
  platforms,
  type Platform,
  type PluginVersion,
  type ProgramVersion,
} from "./versions.js";

export interface InstallOptions extends CacheOptions {
  /** What the environment runs on; decides which plugins and programs are needed. */
  readonly platform: Platform;
}

interface CacheOptions {
  /** @default `PGKEEP_CACHE`, see {@link cacheRoot} */
  readonly cache?: string;
  readonly progress?: Progress;
  /** @default `process.env` */
  readonly env?: Environment;
}

/** Makes the engine and the platform's plugins and programs available in the cache; does nothing when they are. */
export async function install(options: InstallOptions): Promise<void> {
  const context = contextOf(options);
  await installTools(toolsOf(options.platform, context), context);
}

/** Makes programs alone available, and tells where each of them lies. */
export async function installPrograms(
  programs: readonly ProgramVersion[],
  options: CacheOptions = {},
): Promise<readonly string[]> {
  const context = contextOf(options);
  const tools = programs.map((program) => programTool(program, context));
  await installTools(tools, context);
  return tools.map(({ destination, name }) => join(destination, name));
}

/** Makes files out of Go modules available, and tells in which folder. */
export async function installModuleFiles(files: ModuleFiles, options: CacheOptions = {}): Promise<string> {
  const context = contextOf(options);
  const tool = moduleFilesTool(files, context);
  await installTools([tool], context);
  return tool.destination;
}

/** Makes files available that a program of ours writes from the sources of Go modules, and tells in which folder. */
export async function installGeneratedFiles(
  files: GeneratedFiles,
  options: CacheOptions = {},
): Promise<string> {
  const context = contextOf(options);
  const tool = generatedFilesTool(files, context);
  await installTools([tool], context);
  return tool.destination;
}

/** Makes a program of Python available, and tells which interpreter has it as a module. */
export async function installPython(program: PythonProgram, options: CacheOptions = {}): Promise<string> {
  const context = contextOf(options);
  const tool = pythonTool(program, context);
  await installTools([tool], context);
  return pythonOf(tool.destination);
}

function contextOf(options: CacheOptions): ToolContext {
  const env = options.env ?? process.env;
  const progress = options.progress ?? new Progress();
  const paths = cachePaths(options.cache ?? cacheRoot(env));
  const mirror = env["PGKEEP_DOWNLOADS"];
  const official = mirror === undefined || mirror === "";
  const at = (base: string): DownloadHost =>
    new DownloadHost(official ? base : mirrorAt(mirror), downloads.probeSeconds * 1000, env, official);
  const go = new GoBuilder(paths, progress, env);
  return { paths, progress, host: at(downloads.base), releases: at(downloads.releases), go, env };
}

/** What is downloaded runs as the operator, and its transport alone vouches for it: no mirror in clear text. */
function mirrorAt(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url?.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url?.protocol !== "https:" && !here)
    throw new ToolchainError(
      `PGKEEP_DOWNLOADS is "${text}", which is no https address`,
      "name a mirror as https://host/path; http is taken from this machine alone",
    );
  return text.replace(/\/+$/, "");
}

/** The tools of a platform, the engine first: plugins are installed with it. */
export function toolsOf(platform: Platform, context: ToolContext): readonly Tool[] {
  const plugins: readonly PluginVersion[] = platforms[platform];
  return [
    engineTool(context),
    ...plugins.map((plugin) => pluginTool(plugin, context)),
    ...platformPrograms[platform].map((program) => programTool(program, context)),
  ];
}

/** Obtains those of the tools that are not in place. */
export async function installTools(
  tools: readonly Tool[],
  context: Pick<ToolContext, "paths" | "progress">,
): Promise<void> {
  const { paths, progress } = context;
  if ((await missing(tools)).length === 0) return progress.note(`everything is in place in ${paths.root}`);
  await withLock(paths.lock, progress, async () => {
    clearStaging(paths);
    try {
      // Looked at again under the lock: another run may have worked meanwhile.
      for (const tool of await missing(tools)) await obtain(tool, paths, progress);
    } finally {
      clearStaging(paths);
    }
  });
}

async function missing(tools: readonly Tool[]): Promise<readonly Tool[]> {
  const misfits = await Promise.all(tools.map((tool) => tool.misfit(tool.destination)));
  return tools.filter((_, index) => misfits[index] !== undefined);
}
