import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { hashOfDirectories, staleness, writeMark } from "./content-mark.js";
import type { ToolContext } from "./engine.js";
import { goFolder } from "./go.js";
import { programDirectory } from "./paths.js";
import { requireSpace } from "./staging.js";
import type { Tool } from "./tool.js";
import type { ModuleFiles } from "./manifest-checkers.js";

/** Files out of Go modules in one folder, such as the definitions of Kubernetes' kinds. */
export function moduleFilesTool(wanted: ModuleFiles, { paths, progress, go }: ToolContext): Tool {
  const { name, version, files } = wanted;
  const folders = [...new Set(files.map(({ directory }) => goFolder(directory)))];
  return {
    name,
    version,
    destination: programDirectory(paths, wanted),
    sources: [
      {
        name: "Go modules",
        unavailable: async () => undefined,
        fill: async (directory) => {
          requireSpace(paths, wanted.needsMiB, `${name} ${version}`);
          await progress.step(`fetch ${name} ${version}`, wanted.expectedSeconds, async () => {
            for (const file of files) await go.copy(file, directory);
          });
          writeMark(directory, hashOfDirectories(folders));
        },
      },
    ],
    misfit: async (directory) => {
      const missing = files.find(({ path }) => !existsSync(join(directory, basename(path))));
      return missing === undefined
        ? staleness(directory, hashOfDirectories(folders))
        : `${basename(missing.path)} is missing`;
    },
  };
}
