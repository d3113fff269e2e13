import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";

/** A program that runs until it is stopped, and ends with whoever started it, however that ends. */
export class Daemon {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {}

  /** @param log file that gets everything it says */
  static start(
    name: string,
    [program = "", ...args]: readonly string[],
    log: string,
    env: NodeJS.ProcessEnv,
  ): Daemon {
    const out = openSync(log, "w", 0o600);
    try {
      const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args], {
        stdio: ["ignore", out, out],
        env,
      });
      // Said by `requireRunning`; without a listener it would end this process.
      child.on("error", () => undefined);
      return new Daemon(name, child, log);
    } finally {
      closeSync(out);
    }
  }

  /** @throws Error with the end of what it said, when it has ended */
  requireRunning(): void {
    const { exitCode, signalCode, pid } = this.child;
    if (pid !== undefined && exitCode === null && signalCode === null) return;
    throw new Error(`${this.name} ended with ${signalCode ?? exitCode ?? "no start"}: ${this.lastWords()}`);
  }

  /** The end of its log. */
  lastWords(lines = 8): string {
    return readFileSync(this.log, "utf8").trim().split("\n").slice(-lines).join("\n");
  }

  /** Ends it and waits. Nothing that it keeps is worth an orderly end: its folder goes with it. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    child.kill("SIGKILL");
    await ended;
  }
}

/** Waits until something holds, looking again and again. @throws Error with what was wrong at the last look */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
  everyMs = 200,
): Promise<T> {
  let last = "";
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      if (error instanceof Final) throw error;
      last = error instanceof Error ? `: ${error.message}` : "";
    }
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
  throw new Error(`${what}: not within ${seconds} s${last}`);
}

/** What no further look would change. */
export class Final extends Error {}

/** Ports of loopback that nothing listens on. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held until the last is known: none comes twice.
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
