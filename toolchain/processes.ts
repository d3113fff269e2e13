import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";

/** How a child process ended. */
export interface ProcessResult {
  /** Exit code; null when a signal ended it or it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it could not be started, e.g. ENOENT. */
  readonly startError?: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** File that receives both outputs, so that a long build can be read afterwards. */
  readonly log?: string;
  /** Ends the child when aborted. */
  readonly signal?: AbortSignal;
  /** Ends the child after this many milliseconds. @default none */
  readonly timeoutMs?: number;
}

const running = new Set<ReturnType<typeof spawn>>();

/** Ends every child that still runs; for the signal handlers of a command line. */
export function endChildren(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

/** Runs a program to its end. Never throws for a failing program: look at the code. */
export async function run(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  if (options.log !== undefined) mkdirSync(dirname(options.log), { recursive: true });
  const log = options.log === undefined ? undefined : createWriteStream(options.log);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    signal: options.signal,
    timeout: options.timeoutMs,
  });
  running.add(child);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text: string) => {
      texts[name] += text;
      log?.write(text);
    });
  }
  const result = await new Promise<ProcessResult>((done) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      done({ code: null, ...texts, startError: error.code ?? error.message }),
    );
    child.on("close", (code) => done({ code, ...texts }));
  });
  running.delete(child);
  if (log !== undefined) {
    log.end();
    await finished(log);
  }
  return result;
}

/** The last lines of a program's output, in one line, for an error message. */
export function lastLines(result: ProcessResult, count = 3): string {
  if (result.startError !== undefined) return `cannot be started (${result.startError})`;
  const lines = `${result.stdout}\n${result.stderr}`.split("\n").map((line) => line.trim());
  return (
    lines
      .filter((line) => line !== "")
      .slice(-count)
      .join("; ") || `exit code ${result.code ?? "unknown"}`
  );
}
