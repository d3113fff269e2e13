import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ToolchainError } from "./errors.js";
import type { Progress } from "./progress.js";

/**
 * Runs `work` while no other run of the toolchain works on the same cache.
 *
 * The lock is the kernel's (flock): a small child holds it for as long as the pipe from us is open, so it is
 * free again the moment we end, however we end. A lock file that a killed run left behind locks nothing.
 */
export async function withLock<T>(file: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new ToolchainError(
      `the cache cannot be written at ${dirname(file)} (${(error as NodeJS.ErrnoException).code ?? "error"})`,
      "make it writable, or name another place with PGKEEP_CACHE or --cache",
    );
  }
  // `head` ends with our pipe; the file's text names the holder to whoever waits.
  const script = [
    `exec 9>>"$2"`,
    `flock -n 9 || { echo waiting; flock 9 || exit 1; }`,
    `echo "$1" >"$2"; echo locked; exec head -c 1 >/dev/null`,
  ].join("\n");
  const child = spawn("/bin/sh", ["-c", script, "lock", String(process.pid), file], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<void>((done) => child.on("close", () => done()));
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  const locked = new Promise<boolean>((done) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("waiting"))
        progress.note(`another run (process ${holder(file)}) works on this cache`);
      if (text.includes("locked")) done(true);
    });
    child.on("error", () => done(false));
    child.on("close", () => done(false));
  });
  if (!(await locked))
    throw new ToolchainError(
      `the cache cannot be locked at ${file} (${errors.trim() || "no shell"})`,
      "install util-linux (it provides flock) and make the cache writable",
    );
  try {
    return await work();
  } finally {
    await release();
  }
}

function holder(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "unknown";
  } catch {
    return "unknown";
  }
}
