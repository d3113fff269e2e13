import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";

/** Puts a file into place whole, with its mode from the first byte on. True when something changed. */
export function placeFile(path: string, content: string, mode: number): boolean {
  if (existsSync(path) && readFileSync(path, "utf8") === content) {
    if ((statSync(path).mode & 0o7777) === mode) return false;
    chmodSync(path, mode);
    return true;
  }
  writeAtomically(path, content, mode);
  return true;
}

/** Writes beside the file, then renames: a reader sees the old content or the new one. */
export function writeAtomically(path: string, content: string, mode: number): void {
  // Fixed name: what a killed run left is overwritten by the next one. Hidden, and ignored by every program that reads these folders.
  const draft = path.replace(/[^/]+$/, (name) => `.${name}.pgkeep~`);
  const handle = openSync(draft, "w", mode);
  try {
    chmodSync(draft, mode);
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, path);
}

const BEGIN = "# pgkeep: begin, written by pgkeep";
const END = "# pgkeep: end";

/** Replaces what stands between our markers, at the end when there are none; no lines take the markers away, too. */
export function withOurLines(text: string, lines: readonly string[]): string {
  const kept: string[] = [];
  let ours = false;
  for (const line of text.split("\n")) {
    if (line === BEGIN) ours = true;
    else if (line === END && ours) ours = false;
    else if (!ours) kept.push(line);
  }
  while (kept.at(-1) === "") kept.pop();
  const block = lines.length === 0 ? [] : [BEGIN, ...lines.map((line) => line.trim()), END];
  const all = [...kept, ...block];
  return all.length === 0 ? "" : `${all.join("\n")}\n`;
}
