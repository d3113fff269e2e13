import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ToolchainError } from "./errors.js";
import type { CachePaths } from "./paths.js";

/**
 * Fills a new directory and puts it into place whole: `fill` works in the staging area, and only its finished
 * work is renamed to `destination`. Killed at any moment, it leaves either nothing or the whole thing there.
 */
export async function installDirectory(
  paths: CachePaths,
  destination: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  mkdirSync(paths.staging, { recursive: true });
  const directory = mkdtempSync(join(paths.staging, "new-"));
  try {
    await fill(directory);
    mkdirSync(dirname(destination), { recursive: true });
    if (existsSync(destination))
      renameSync(destination, join(mkdtempSync(join(paths.staging, "old-")), "was"));
    renameSync(directory, destination);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Removes what killed runs left. Only to be called under the lock. */
export function clearStaging(paths: CachePaths): void {
  rmSync(paths.staging, { recursive: true, force: true });
}

/** Refuses to start what the disk cannot hold. */
export function requireSpace(paths: CachePaths, needsMiB: number, what: string): void {
  mkdirSync(paths.toolchain, { recursive: true });
  const { bavail, bsize } = statfsSync(paths.toolchain);
  const freeMiB = Math.floor((Number(bavail) * Number(bsize)) / 1048576);
  if (freeMiB < needsMiB)
    throw new ToolchainError(
      `${what} needs ${needsMiB} MiB and ${paths.root} has ${freeMiB} MiB free`,
      "free some space there, or name a larger place with PGKEEP_CACHE or --cache",
    );
}
