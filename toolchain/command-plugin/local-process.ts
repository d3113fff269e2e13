import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { whenAborted } from "./cancellation.js";
import type { Output } from "./output.js";

export interface LocalProcess {
  readonly command: string;
  /** Program and arguments in front of the command. @default `/bin/sh -c`, on Windows `cmd /C` */
  readonly interpreter?: readonly string[];
  /** @default the plugin's working directory, which is the program's */
  readonly dir?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

const groups = new Set<number>();
// A cancelled engine may end the plugin without waiting: no command outlives it.
process.on("exit", () => {
  for (const pid of groups) endGroup(pid, "SIGKILL");
});

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // It has ended already.
  }
}

/** How long a command may take to end after it was asked to. Milliseconds. */
const GRACE_MS = 5000;

/**
 * Runs a command to its end and writes what it says to `output`.
 * @returns undefined when it succeeded, else how it ended: `exit status 3`.
 */
export async function runLocally(
  what: LocalProcess,
  output: Output,
  signal: AbortSignal,
): Promise<string | undefined> {
  const fallback = process.platform === "win32" ? ["cmd", "/C"] : ["/bin/sh", "-c"];
  const [program = "", ...args] = what.interpreter?.length ? what.interpreter : fallback;
  const cwd = what.dir ?? process.cwd();
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return `chdir ${cwd}: no such directory`;
  if (signal.aborted) return "cancelled";
  const hasInput = what.stdin !== undefined && what.stdin !== "";
  const child = spawn(program, [...args, what.command], {
    cwd,
    env: { ...process.env, ...what.environment },
    stdio: [hasInput ? "pipe" : "ignore", "pipe", "pipe"],
    // A group of its own, so that ending it ends what it started as well.
    detached: process.platform !== "win32",
  });
  const pid = child.pid;
  if (pid !== undefined) groups.add(pid);
  let killer: NodeJS.Timeout | undefined;
  const release = whenAborted(signal, () => {
    if (pid === undefined) return;
    endGroup(pid, "SIGTERM");
    killer = setTimeout(() => endGroup(pid, "SIGKILL"), GRACE_MS);
  });
  child.stdout?.on("data", (chunk: Buffer) => output.write("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => output.write("stderr", chunk));
  if (hasInput) {
    // A command need not read what it is given.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(what.stdin);
  }
  try {
    return await new Promise((done) => {
      child.on("error", (error: NodeJS.ErrnoException) =>
        done(`${program} cannot be started (${error.code ?? error.message})`),
      );
      child.on("close", (code, killed) => {
        if (signal.aborted) done("cancelled");
        else if (code === 0) done(undefined);
        else done(code === null ? `signal: ${killed ?? "unknown"}` : `exit status ${code}`);
      });
    });
  } finally {
    release();
    clearTimeout(killer);
    if (pid !== undefined) groups.delete(pid);
    output.end();
  }
}
