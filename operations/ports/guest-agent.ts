import { OperationError } from "../errors.js";
import type { RunResult } from "./shell.js";

/** How to run a program in a guest. */
export interface GuestRunOptions {
  /** Given to the program on its standard input; the only way for a secret. */
  readonly input?: string | Buffer;
  /** Seconds until it must have ended. @default 180 */
  readonly timeout?: number;
  /** Exit codes that are no failure. @default [0] */
  readonly accept?: readonly number[];
}

/** A guest, through QEMU's guest agent: no network and no account in the guest is needed. */
export interface GuestAgent {
  /** Name of the libvirt domain. */
  readonly domain: string;
  /** True when the agent answers within `timeout` seconds. @default 5 */
  answers(timeout?: number): Promise<boolean>;
  /** Waits until the agent answers. @throws GuestAgentError after `timeout` seconds */
  wait(timeout: number): Promise<void>;
  /** Runs a program as root in the guest. @throws GuestCommandError, GuestAgentError */
  run(argv: readonly string[], options?: GuestRunOptions): Promise<RunResult>;
  /** Writes a file in the guest atomically; its mode is set before the first byte. @default mode 0600 */
  write(path: string, content: string | Buffer, mode?: string): Promise<void>;
}

/** The agent of a guest does not answer. */
export class GuestAgentError extends OperationError {
  override readonly name = "GuestAgentError";
  constructor(
    readonly domain: string,
    detail: string,
  ) {
    super(
      `the guest agent of ${domain} does not answer: ${detail}`,
      `check that ${domain} runs and that qemu-guest-agent is active in it`,
    );
  }
}

/** A program in a guest wrote more than its agent can give back. */
export class GuestOutputError extends OperationError {
  override readonly name = "GuestOutputError";
  constructor(
    readonly domain: string,
    detail: string,
  ) {
    super(`the output of a program in ${domain} is too long for its guest agent: ${detail}`);
  }
}

/** A program failed in a guest. Its arguments are shown, its input never. */
export class GuestCommandError extends OperationError {
  override readonly name = "GuestCommandError";
  constructor(
    readonly domain: string,
    readonly argv: readonly string[],
    readonly result: RunResult,
  ) {
    const detail = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-3).join("; ");
    super(`${argv[0] ?? ""} in ${domain} ended with ${result.code}${detail === "" ? "" : `: ${detail}`}`);
  }
}
