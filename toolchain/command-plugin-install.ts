import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { compiled, contentHash, copyContent } from "./command-plugin-content.js";
import { readMark, staleness, writeMark } from "./content-mark.js";
import type { ToolContext } from "./engine.js";
import { installDirectory } from "./staging.js";
import type { Source } from "./tool.js";
import type { PluginVersion } from "./versions.js";

/** A source, and the test whether an installed plugin is still made from today's content. */
export interface OwnPlugin extends Source {
  /** Undefined when the plugin in this directory is current, or is the published one. */
  misfit(directory: string): string | undefined;
}

/**
 * Our own command plugin as the last source. The plugin's directory holds a starting script; what it starts
 * lies in the cache under the hash of its content, so that a change in our source, or in a library, makes a
 * new directory and never changes the files of a plugin that is running.
 */
export function commandPluginSource(plugin: PluginVersion, context: ToolContext): OwnPlugin {
  const contents = join(context.paths.toolchain, "command-plugin");
  let known: string | undefined;
  const hash = (): string => (known ??= contentHash());
  return {
    name: "own plugin with the same tokens",
    unavailable: async () =>
      existsSync(join(compiled(), "main.js")) ? undefined : `${compiled()} is missing: run \`npm run build\``,
    misfit(directory) {
      const mark = readMark(directory);
      if (mark !== undefined && !existsSync(join(contents, mark, "main.js")))
        return `its content ${mark} is missing`;
      return staleness(directory, hash());
    },
    async fill(directory) {
      const target = join(contents, hash());
      if (!existsSync(join(target, "main.js")))
        await installDirectory(context.paths, target, async (staged) => copyContent(staged));
      const script = join(directory, `pulumi-resource-${plugin.name}`);
      const home = join(context.paths.plugins, `resource-${plugin.name}-v${plugin.version}`);
      writeFileSync(script, startScript(relative(home, target), plugin.version));
      chmodSync(script, 0o755);
      writeMark(directory, hash());
    },
  };
}

/** Finds Node.js on PATH, else where it was when the plugin was installed. */
function startScript(content: string, version: string): string {
  return [
    "#!/bin/sh",
    `here=$(cd "$(dirname "$0")" && pwd) || exit 1`,
    `node=$(command -v node) || node='${process.execPath.replaceAll("'", `'\\''`)}'`,
    `exec "$node" "$here/${content}/main.js" ${version} "$@"`,
    "",
  ].join("\n");
}
