import { clearStaging } from "./staging.js";
import { engineTool, type ToolContext } from "./engine.js";
import { GoBuilder } from "./go.js";
import { ToolchainError } from "./errors.js";
import { withLock } from "./lock.js";
import { cachePaths, cacheRoot, type Environment } from "./paths.js";
import { pluginTool } from "./plugins.js";
import { Progress } from "./progress.js";
import { DownloadHost } from "./reach.js";
import { obtain, type Tool } from "./tool.js";
import { downloads, platforms, type Platform, type PluginVersion } from "./versions.js";

export interface InstallOptions {
  /** What the environment runs on; decides which plugins are needed. */
  readonly platform: Platform;
  /** @default `PGKEEP_CACHE`, see {@link cacheRoot} */
  readonly cache?: string;
  readonly progress?: Progress;
  /** @default `process.env` */
  readonly env?: Environment;
}

/** Makes the engine and the platform's plugins available in the cache; does nothing when they are. */
export async function install(options: InstallOptions): Promise<void> {
  const env = options.env ?? process.env;
  const progress = options.progress ?? new Progress();
  const paths = cachePaths(options.cache ?? cacheRoot(env));
  const mirror = env["PGKEEP_DOWNLOADS"];
  const official = mirror === undefined || mirror === "";
  const base = official ? downloads.base : mirrorAt(mirror);
  const host = new DownloadHost(base, downloads.probeSeconds * 1000, env, official);
  const context: ToolContext = { paths, progress, host, go: new GoBuilder(paths, progress, env), env };
  await installTools(toolsOf(options.platform, context), context);
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
  return [engineTool(context), ...plugins.map((plugin) => pluginTool(plugin, context))];
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
