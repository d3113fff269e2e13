import { spawn } from "node:child_process";

/** How a program of the benchmark ended. */
export interface Finished {
  /** Start to exit. */
  readonly milliseconds: number;
  readonly stdout: string;
}

/** The same with what it cost the machine. */
export interface Metered extends Finished {
  /** Milliseconds of processor time of the command and of everything that it started. */
  readonly processor: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly timeout: number;
  /** Standard input. @default nothing */
  readonly input?: string;
  /** Exit code by which a checker says that it has found something: no error. @default none */
  readonly findings?: number;
}

/** Runs a program to its end; anything but exit code 0 is an error that shows what it said. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const { milliseconds, stdout } = await start(command, args, options);
  return { milliseconds, stdout };
}

/**
 * In a process namespace of its own the shell is the first process, so it inherits what the command leaves behind
 * (plugins that were stopped but not waited for) and its clock counts them.
 */
const METER = [
  "began=$EPOCHREALTIME",
  'TIMEFORMAT="%U %S"',
  'time { "$@"; code=$?; ended=$EPOCHREALTIME; sleep 0.5; }',
  'echo "$began $ended" >&2',
  "exit $code",
].join("\n");

/** Runs a program to its end and counts the processor time of all its descendants. Needs root. */
export async function metered(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Metered> {
  const namespace = ["--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", METER, "bash"];
  const { stdout, stderr } = await start("unshare", [...namespace, command, ...args], options);
  const [times = "", moments = ""] = stderr.trim().split("\n").slice(-2);
  const [user = 0, system = 0] = times.split(" ").map(Number);
  const [began = 0, ended = 0] = moments.split(" ").map(Number);
  return { milliseconds: (ended - began) * 1000, processor: (user + system) * 1000, stdout };
}

/** Prints the processor time of a command, in seconds, and nothing of what it says. */
const TIMES = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&1; } 2>&1';

/** Runs a program to its end and counts the processor time of it and of those that it waits for; what it says is dropped. */
export async function timed(command: string, args: readonly string[], options: RunOptions): Promise<Metered> {
  const { milliseconds, stdout } = await start("bash", ["-c", TIMES, "bash", command, ...args], options);
  const [user = Number.NaN, system = Number.NaN] = stdout.trim().split(" ").map(Number);
  return { milliseconds, processor: (user + system) * 1000, stdout: "" };
}

function start(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Finished & { readonly stderr: string }> {
  const started = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeout,
      // unshare, which waits for its child, heeds nothing less.
      killSignal: "SIGKILL",
    });
    child.stdin.end(options.input ?? "");
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", (error) => {
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
      if (code === 0 || (code !== null && code === options.findings)) {
        resolve({ milliseconds, stdout, stderr });
      } else {
        const after = `${Math.round(milliseconds / 1000)} s`;
        const reason = signal === null ? `exit code ${code}` : `signal ${signal} after ${after}`;
        reject(new Error(`${command} ${args.join(" ")}: ${reason}\n${tail(stdout)}${tail(stderr)}`));
      }
    });
  });
}

function tail(text: string): string {
  return text.split("\n").slice(-25).join("\n");
}
