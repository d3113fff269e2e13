import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Replaces `${NAME}` and `$NAME` by the variables of the environment, as the libvirt provider does with the same text. */
export function expandPath(path: string): string {
  return path.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_, braced: string | undefined, bare: string | undefined) => {
      return process.env[braced ?? bare ?? ""] ?? "";
    },
  );
}

/** Writes a text file where it differs, with its directories. */
export function ensureFile(path: string, content: string): void {
  try {
    if (readFileSync(path, "utf8") === content) return;
  } catch {
    // Not there yet.
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
