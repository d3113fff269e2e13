import { ToolchainError } from "./errors.js";
import type { CachePaths } from "./paths.js";
import type { Progress } from "./progress.js";
import { installDirectory } from "./staging.js";

/** One way of obtaining a tool. */
export interface Source {
  /** As the user reads it: "official download". */
  readonly name: string;
  /** Undefined when it is worth trying, else why not, in words. Answers in seconds. */
  unavailable(): Promise<string | undefined>;
  /** Puts the tool into an empty directory. */
  fill(directory: string): Promise<void>;
}

/** Something the engine needs, and the places it can come from in the order in which they are asked. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** Directory that holds it once it is in place. */
  readonly destination: string;
  readonly sources: readonly Source[];
  /** Undefined when the directory holds the tool in the right version, whole; else what is wrong with it. */
  misfit(directory: string): Promise<string | undefined>;
}

/** Obtains a tool from the first source that has it. */
export async function obtain(tool: Tool, paths: CachePaths, progress: Progress): Promise<void> {
  const title = `${tool.name} ${tool.version}`;
  const refusals: string[] = [];
  let remedy = "make one of these sources available";
  for (const source of tool.sources) {
    const reason = await source.unavailable();
    if (reason !== undefined) {
      refusals.push(`${source.name}: ${reason}`);
      progress.note(`${title}: no ${source.name}: ${reason}`);
      continue;
    }
    try {
      await installDirectory(paths, tool.destination, async (directory) => {
        await source.fill(directory);
        const misfit = await tool.misfit(directory);
        if (misfit !== undefined) throw new Error(`what it gave does not fit: ${misfit}`);
      });
      progress.note(`${title}: in place (${source.name})`);
      return;
    } catch (error) {
      const text = error instanceof ToolchainError ? error.problem : (error as Error).message;
      if (error instanceof ToolchainError) remedy = error.remedy;
      refusals.push(`${source.name}: ${text}`);
      progress.note(`${title}: ${source.name} failed: ${text}`);
    }
  }
  throw new ToolchainError(`${title} cannot be obtained (${refusals.join("; ")})`, remedy);
}
