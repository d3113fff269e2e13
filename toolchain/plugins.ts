import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { commandPluginSource } from "./command-plugin-install.js";
import { hashOfDirectories, staleness, writeMark } from "./content-mark.js";
import type { ToolContext } from "./engine.js";
import { goFolder } from "./go.js";
import { pluginDirectory, type Environment } from "./paths.js";
import { lastLines, run } from "./processes.js";
import { requireSpace } from "./staging.js";
import type { Source, Tool } from "./tool.js";
import type { PluginVersion } from "./versions.js";

/** A resource plugin, in the plugin cache of our own `PULUMI_HOME`, where the engine takes it silently. */
export function pluginTool(plugin: PluginVersion, context: ToolContext): Tool {
  const own = plugin.fallback === "own-command-plugin" ? commandPluginSource(plugin, context) : undefined;
  return {
    name: `plugin ${plugin.name}`,
    version: plugin.version,
    destination: pluginDirectory(context.paths, plugin),
    sources: [installed(plugin, context), official(plugin, context), own ?? fromModules(plugin, context)],
    misfit: async (directory) => {
      if (!existsSync(join(directory, `pulumi-resource-${plugin.name}`)))
        return `pulumi-resource-${plugin.name} is missing`;
      return own === undefined ? staleness(directory, recipe(plugin)) : own.misfit(directory);
    },
  };
}

/** The engine's own plugin cache of this user: what it holds need not be fetched again. */
function installed(plugin: PluginVersion, context: ToolContext): Source {
  const home = context.env["PULUMI_HOME"] ?? join(context.env["HOME"] ?? homedir(), ".pulumi");
  const directory = join(home, "plugins", `resource-${plugin.name}-v${plugin.version}`);
  return {
    name: "installed plugin",
    unavailable: async () => {
      if (home === context.paths.home || !existsSync(directory)) return `none in ${join(home, "plugins")}`;
      // The engine marks an unfinished installation with a file of that name.
      return existsSync(`${directory}.partial`) ? `the one in ${directory} is not whole` : undefined;
    },
    fill: async (target) => cpSync(directory, target, { recursive: true, verbatimSymlinks: false }),
  };
}

function official(plugin: PluginVersion, context: ToolContext): Source {
  return {
    name: "official download",
    unavailable: () => context.host.unreachable(),
    fill: async (directory) => {
      const { name, version } = plugin;
      await context.progress.step(`download plugin ${name} ${version}`, plugin.downloadSeconds, async () => {
        const home = `${directory}.home`;
        const env: Environment = { ...context.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" };
        const server = context.host.isOfficial ? [] : ["--server", `${context.host.base}/releases/plugins`];
        const args = ["plugin", "install", "resource", name, version, "--non-interactive", ...server];
        try {
          const result = await run(join(context.paths.engineBin, "pulumi"), args, {
            env: { ...env },
            timeoutMs: 600_000,
          });
          if (result.code !== 0) throw new Error(lastLines(result, 1));
          rmSync(directory, { recursive: true });
          renameSync(join(home, "plugins", `resource-${name}-v${version}`), directory);
        } finally {
          rmSync(home, { recursive: true, force: true });
        }
      });
    },
  };
}

function fromModules(plugin: PluginVersion, context: ToolContext): Source {
  const { fallback } = plugin;
  if (fallback === "own-command-plugin") throw new Error(`${plugin.name} is not built from Go modules`);
  return {
    name: "build from Go modules",
    unavailable: async () => undefined,
    fill: async (directory) => {
      requireSpace(context.paths, plugin.buildNeedsMiB, `building plugin ${plugin.name} ${plugin.version}`);
      await context.go.build(fallback, directory);
      writeMark(directory, recipe(plugin));
    },
  };
}

/** What a plugin that we build is built from. */
function recipe({ fallback }: PluginVersion): string {
  return fallback === "own-command-plugin" ? "" : hashOfDirectories([goFolder(fallback.directory)]);
}
