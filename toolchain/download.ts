import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { CachePaths, Environment } from "./paths.js";
import { lastLines, run } from "./processes.js";

/**
 * Fetches a file into the cache and returns its path. A download that was cut off goes on where it stopped;
 * proxies of the environment are honoured (both are curl's).
 */
export async function downloadArchive(
  url: string,
  context: { readonly paths: CachePaths; readonly env: Environment },
): Promise<string> {
  const directory = join(context.paths.toolchain, "downloads");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, basename(new URL(url).pathname));
  const partial = `${file}.part`;
  const limits = ["--connect-timeout", "10", "--speed-limit", "1024", "--speed-time", "30", "--retry", "2"];
  const fetch = (resume: boolean): ReturnType<typeof run> =>
    run("curl", ["-fsSL", ...limits, ...(resume ? ["-C", "-"] : []), "-o", partial, url], {
      env: { ...context.env },
    });
  let result = await fetch(true);
  if (result.code !== 0 && result.startError === undefined) {
    // A server without ranges, or a leftover longer than the file: once more, from the start.
    rmSync(partial, { force: true });
    result = await fetch(false);
  }
  if (result.startError !== undefined) throw new Error("there is no curl to download it with");
  if (result.code !== 0) throw new Error(lastLines(result, 1));
  renameSync(partial, file);
  return file;
}
