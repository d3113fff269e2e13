import { homedir } from "node:os";
import { join } from "node:path";

/** Where the guest image of a major lies, with its root file system beside it. */
export function imageDirectory(major: 17 | 18): string {
  const caches = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(process.env["PGKEEP_CACHE"] ?? join(caches, "pgkeep"), "images", `pg${major}`);
}
