import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Everything downloaded or built, keyed by version or content: `PGKEEP_CACHE`, by default `$XDG_CACHE_HOME/pgkeep`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return resolve(env["PGKEEP_CACHE"] || join(xdg, "pgkeep"));
}

/** State of the running lab: `PGKEEP_LAB_DIR`, by default `<cache>/lab`. Removed with the lab. */
export function labDir(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env["PGKEEP_LAB_DIR"] || join(cacheDir(env), "lab"));
}

/** The checkout this code runs from: the nearest folder above whose package is pgkeep, whether compiled or not. */
export function checkoutRoot(from: string = __dirname): string {
  for (let dir = resolve(from); ; dir = dirname(dir)) {
    const manifest = join(dir, "package.json");
    if (existsSync(manifest)) {
      const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
      if (typeof parsed === "object" && parsed !== null && "name" in parsed && parsed.name === "pgkeep")
        return dir;
    }
    if (dir === dirname(dir))
      throw new Error(`no pgkeep checkout above ${from}: run the lab from a checkout`);
  }
}
