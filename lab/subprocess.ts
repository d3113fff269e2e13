import { spawn } from "node:child_process";
import { type Readable } from "node:stream";

/** What a finished program left behind. */
export interface Outcome {
  /** Exit code; 128 + signal number when a signal ended it, as in a shell. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Bytes given on standard input; without it standard input is empty. */
  readonly stdin?: string | Buffer;
  /** Milliseconds after which the program is killed. @default 600000 */
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each complete line of standard error while the program runs. */
  readonly onStderrLine?: (line: string) => void;
  /** The same for standard output. */
  readonly onStdoutLine?: (line: string) => void;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a program to its end without a shell. Rejects only when it cannot be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const timeoutMs = options.timeoutMs ?? 600_000;
  return new Promise((resolvePromise, reject) => {
    const child = spawn(command, [...args], {
      env: options.env,
      cwd: options.cwd,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${command} did not end within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    collect(child.stdout, out, options.onStdoutLine);
    collect(child.stderr, err, options.onStderrLine);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === "ENOENT" ? new Error(`${command} is not installed`) : error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolvePromise({
        code: code ?? 128 + (signalNumbers[signal ?? ""] ?? 0),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
    child.stdin.on("error", () => undefined); // the program may end before it has read everything
    child.stdin.end(options.stdin ?? "");
  });
}

/** Keeps what a stream gives and hands on its complete lines. */
function collect(stream: Readable, chunks: Buffer[], onLine: ((line: string) => void) | undefined): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (!onLine) return;
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  });
}

/** As {@link run}, but a non-zero exit is an error that carries the end of the program's own message. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const outcome = await run(command, args, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split("\n").slice(-12).join("\n");
  throw new Error(`${command} ${args[0] ?? ""} ended with code ${outcome.code}: ${said}`);
}
