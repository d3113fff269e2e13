import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Packet } from "../../../components/access/index.js";

/** A packet under a number that no other packet of the run has: by it observers tell packets apart. */
export interface Sent {
  /** 32768 to 60999. */
  readonly id: number;
  readonly packet: Packet;
}

const FIRST = 32_768;
const LAST = 60_999;
let last = FIRST - 1;

/** Gives a packet its number. Connection tracking remembers old ones, so none is given twice in a run of tests. */
export function numbered(packet: Packet): Sent {
  if (last >= LAST) throw new Error("a run of tests has numbers for 28,232 packets");
  return { id: ++last, packet };
}

/** One process that sends packets from one network. */
export class Sender {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private said = "";

  /** @param net process that holds the network */
  constructor(net: number) {
    this.child = spawn("nsenter", [
      `--net=/proc/${net}/ns/net`,
      "/usr/bin/python3",
      join(__dirname, "sender.py"),
    ]);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.waiting.shift()?.resolve(line));
    this.child.stderr.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    this.child.stdin.on("error", () => undefined);
    this.child.once("close", () => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`the sender ended: ${this.said}`));
    });
  }

  /** Sends the first packet of each connection. */
  async send(all: readonly Sent[]): Promise<void> {
    const send = all.map(({ id, packet: { from, to, protocol, port } }) => {
      return { id, from: from.address, to: to.address, protocol, port };
    });
    await this.ask({ send });
  }

  /**
   * Closes all connections.
   *
   * @param expected those whose refusal by the called side's closed port is waited for
   * @returns all that were refused so
   */
  async answers(expected: readonly number[]): Promise<readonly number[]> {
    const { answered } = JSON.parse(await this.ask({ answers: expected })) as { answered: number[] };
    return answered;
  }

  close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve();
    return new Promise((done) => {
      this.child.once("close", () => done());
      this.child.stdin.end();
      this.child.kill("SIGKILL");
    });
  }

  private ask(request: object): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }
}
