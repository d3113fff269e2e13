import { posix } from "node:path";
import type { FileEntry, Files, Shell } from "../ports/index.js";

/** Seconds for something that reads or writes a whole disk image. */
const LONG = 6 * 3600;

/** Files of a host by its standard programs, so that a local and a remote host behave alike. */
export function hostFiles(shell: Shell): Files {
  const script = async (
    text: string,
    args: readonly string[],
    input?: string,
    timeout = 180,
  ): Promise<string> => {
    const options = { timeout, ...(input === undefined ? {} : { input }) };
    return (await shell.run(["sh", "-c", text, "sh", ...args], options)).stdout;
  };
  const files: Files = {
    host: shell.host,
    async list(directory) {
      const text = await script(
        `[ -d "$1" ] || exit 0; exec find "$1" -mindepth 1 -maxdepth 1 -printf '%y\\t%s\\t%f\\n'`,
        [directory],
      );
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map(parseEntry)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    exists: async (path) => (await script(`[ -e "$1" ] && echo yes || true`, [path])).trim() === "yes",
    async size(path) {
      const text = (await script(`[ -e "$1" ] || exit 0; exec stat -c %s "$1"`, [path])).trim();
      return text === "" ? undefined : Number(text);
    },
    async read(path) {
      const text = await script(`[ -e "$1" ] || exit 0; printf x; exec cat "$1"`, [path]);
      return text === "" ? undefined : text.slice(1);
    },
    async write(path, content, mode = "0600") {
      await script(
        `set -e; new="$1.new"; umask 077; rm -f "$new"; cat > "$new"; chmod "$2" "$new"; sync "$new"; mv -fT "$new" "$1"; sync "$3"`,
        [path, mode, posix.dirname(path)],
        content,
      );
    },
    async makeDirectory(path, mode = "0711") {
      await script(`set -e; [ -d "$1" ] || { umask 066; mkdir -p "$1"; chmod "$2" "$1"; }`, [path, mode]);
    },
    async rename(from, to) {
      await script(`set -e; mv -fT "$1" "$2"; sync "$3"`, [from, to, posix.dirname(to)]);
    },
    async copy(from, to) {
      await script(`set -e; umask 077; cp --sparse=always "$1" "$2"; sync "$2"`, [from, to], undefined, LONG);
    },
    async remove(path) {
      await script(`exec rm -rf -- "$1"`, [path], undefined, 600);
    },
    async space(path) {
      const text = await script(
        `path="$1"; while [ ! -e "$path" ]; do path=$(dirname "$path"); done; stat -c %d "$path"; df -B1 --output=avail,target "$path" | tail -n 1`,
        [path],
      );
      const match = /^(\d+)\s+(\d+)\s+(\S.*)$/.exec(text.trim());
      if (match === null) throw new Error(`df on ${shell.host} answered: ${text.trim()}`);
      return { free: Number(match[2]), fileSystem: match[1] ?? "", mountPoint: match[3] ?? "" };
    },
    async sha256(path) {
      // Dropping the cached pages first makes this a reading of what the disk holds; openssl uses the processor's own
      // instructions and is six times faster.
      const text = await script(
        `dd of="$1" oflag=nocache conv=notrunc,fdatasync count=0 2>/dev/null
         if command -v openssl >/dev/null; then exec openssl dgst -sha256 -r "$1"; else exec sha256sum -b "$1"; fi`,
        [path],
        undefined,
        LONG,
      );
      return text.slice(0, 64);
    },
    async sync(path) {
      await script(`exec sync "$1"`, [path], undefined, 600);
    },
  };
  return files;
}

function parseEntry(line: string): FileEntry {
  const [kind, size, ...name] = line.split("\t");
  return {
    name: name.join("\t"),
    kind: kind === "f" ? "file" : kind === "d" ? "directory" : "other",
    size: Number(size),
  };
}
