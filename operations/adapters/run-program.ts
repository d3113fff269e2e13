import { spawn } from "node:child_process";
import type { Held, RunOptions } from "../ports/index.js";

/** How a local program ended. */
export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly reason: string;
}

/** Most that is kept of each output, in bytes; what comes after is dropped. */
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** Runs a program here. It dies with this process unless it shall survive. */
export function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { input, timeout = 180, survive = false, onOutput } = options;
  const [program = "", ...rest] = survive
    ? ["setsid", "--wait", "--", ...argv]
    : ["setpriv", "--pdeathsig", "KILL", "--", ...argv];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out = collector(onOutput);
    const err = collector();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 5000).unref();
    }, timeout * 1000);
    child.stdout.on("data", out.add);
    child.stderr.on("data", err.add);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const reason = late
        ? `did not end within ${timeout} s`
        : code === null
          ? `was ended by ${signal ?? "a signal"}`
          : `ended with ${code}`;
      resolve({
        code: late ? undefined : (code ?? undefined),
        stdout: out.text(),
        stderr: err.text(),
        reason,
      });
    });
    // A program that does not read its input is no error by itself; its exit code tells.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
  });
}

/** Runs a program until it has printed a line, and keeps it until it is released or this process ends. */
export function holdProgram(argv: readonly string[], timeout: number): Promise<Held | Ended> {
  const [program = "", ...rest] = ["setpriv", "--pdeathsig", "KILL", "--", ...argv];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const err = collector();
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout * 1000);
    child.stderr.on("data", err.add);
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.stdout.once("data", () => {
      clearTimeout(timer);
      resolve({
        release: async () => {
          child.stdin.end();
          await ended;
        },
      });
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({
        code: code ?? undefined,
        stdout: "",
        stderr: err.text(),
        reason: `ended with ${code ?? "a signal"}`,
      });
    });
  });
}

function collector(listener?: (text: string) => void): { add: (chunk: Buffer) => void; text: () => string } {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk) => {
      listener?.(chunk.toString());
      if (size < LONGEST_OUTPUT) chunks.push(chunk);
      size += chunk.length;
    },
    text: () => Buffer.concat(chunks).toString(),
  };
}
