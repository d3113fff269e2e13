import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** File in the directory of a tool that we made ourselves; it names what the tool was made from. */
const FILE = "pgkeep-content";

/** Notes what a directory was made from. */
export function writeMark(directory: string, content: string): void {
  writeFileSync(join(directory, FILE), `${content}\n`);
}

/** What a directory was made from; undefined for what others published or installed. */
export function readMark(directory: string): string | undefined {
  const file = join(directory, FILE);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** Why a directory that we made is out of date; undefined when it is current, or not ours. */
export function staleness(directory: string, content: string): string | undefined {
  const mark = readMark(directory);
  return mark === undefined || mark === content ? undefined : "it is made from another content";
}

/** Hash of the files of some directories, without their subdirectories. */
export function hashOfDirectories(directories: readonly string[]): string {
  const hash = createHash("sha256");
  for (const directory of directories)
    for (const entry of readdirSync(directory, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ))
      if (entry.isFile())
        hash
          .update(`${entry.name}\0`)
          .update(readFileSync(join(directory, entry.name)))
          .update("\0");
  return hash.digest("hex").slice(0, 16);
}
