import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hashOfDirectories, staleness, writeMark } from "./content-mark.js";
import type { ToolContext } from "./engine.js";
import { goFolder } from "./go.js";
import type { GeneratedFiles } from "./manifest-checkers.js";
import { programDirectory } from "./paths.js";
import { requireSpace } from "./staging.js";
import type { Tool } from "./tool.js";

/** Files that a program of ours writes from the sources of Go modules; the files alone are kept. */
export function generatedFilesTool(wanted: GeneratedFiles, { paths, go }: ToolContext): Tool {
  const { name, version, build, files } = wanted;
  const content = (): string => hashOfDirectories([goFolder(build.directory)]);
  return {
    name,
    version,
    destination: programDirectory(paths, wanted),
    sources: [
      {
        name: "types of Go",
        unavailable: async () => undefined,
        fill: async (directory) => {
          requireSpace(paths, wanted.needsMiB, `${name} ${version}`);
          const program = `${directory}.program`;
          mkdirSync(program);
          try {
            await go.build(build, program);
            await go.runBuilt(build, program, [directory, ...wanted.arguments]);
          } finally {
            rmSync(program, { recursive: true, force: true });
          }
          writeMark(directory, content());
        },
      },
    ],
    misfit: async (directory) => {
      const missing = files.find((file) => !existsSync(join(directory, file)));
      return missing === undefined ? staleness(directory, content()) : `${missing} is missing`;
    },
  };
}
