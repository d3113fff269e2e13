import { OperationError } from "../errors.js";

/** How to run a program. */
export interface RunOptions {
  /** Given to the program on its standard input; the only way for a secret. */
  readonly input?: string | Buffer;
  /** Seconds after which the program is killed. @default 180 */
  readonly timeout?: number;
  /** Exit codes that are no failure. @default [0] */
  readonly accept?: readonly number[];
  /** The program ends its work even when this process is killed. @default false */
  readonly survive?: boolean;
  /** Receives standard output as it comes, for progress. */
  readonly onOutput?: (text: string) => void;
}

/** What a program left. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program holds for us until it is released. */
export interface Held {
  release(): Promise<void>;
}

/** Runs programs on one host, here or over SSH. */
export interface Shell {
  /** Name of the host. */
  readonly host: string;
  /** True when the host is the machine that this process runs on. */
  readonly local: boolean;
  /**
   * Runs a program with exactly these arguments; no shell interprets them.
   *
   * @throws CommandError when it ends with another code or takes too long, HostUnreachableError when the host does not answer
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Runs a program that prints one line once it holds something, such as a lock, and ends when its input closes; it dies with this process.
   * Undefined when it ended with code 75 instead: somebody else holds it.
   */
  hold(argv: readonly string[], timeout: number): Promise<Held | undefined>;
  /** The arguments with which a program on this host opens an SSH connection to another host; a command may follow. */
  sshTo(host: string): readonly string[];
}

/** A program failed. Its arguments are shown, its input never. */
export class CommandError extends OperationError {
  override readonly name = "CommandError";

  constructor(
    readonly host: string,
    readonly argv: readonly string[],
    /** Exit code; undefined when a signal or the time limit ended it. */
    readonly code: number | undefined,
    readonly stderr: string,
    reason: string,
  ) {
    const detail = lastLines(stderr);
    super(`${host}: ${describe(argv)} ${reason}${detail === "" ? "" : `: ${detail}`}`);
  }
}

/** A host does not answer. */
export class HostUnreachableError extends OperationError {
  override readonly name = "HostUnreachableError";
  constructor(
    readonly host: string,
    detail: string,
  ) {
    super(
      `host ${host} cannot be reached: ${lastLines(detail)}`,
      "check its power, its network and sshd; the next run goes on from here",
    );
  }
}

const LONGEST = 160;

function describe(argv: readonly string[]): string {
  const text = argv.join(" ").replaceAll(/\s+/g, " ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function lastLines(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("Warning: Permanently added"))
    .slice(-3)
    .join("; ");
}
