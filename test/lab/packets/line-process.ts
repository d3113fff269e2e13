import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

/** A program in a network that answers each line of JSON with one line. */
export class LineProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private said = "";

  /** @param net process that holds the network */
  constructor(net: number, argv: readonly string[]) {
    this.child = spawn("nsenter", [`--net=/proc/${net}/ns/net`, ...argv]);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.waiting.shift()?.resolve(line));
    this.child.stderr.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    this.child.stdin.on("error", () => undefined);
    this.child.once("close", () => {
      for (const { reject } of this.waiting.splice(0)) reject(this.over());
    });
  }

  /** Gives it something that it does not answer. */
  tell(request: object): void {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  ask(request: object): Promise<string> {
    if (this.isOver) return Promise.reject(this.over());
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.tell(request);
    });
  }

  close(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((done) => {
      this.child.once("close", () => done());
      this.child.kill("SIGKILL");
    });
  }

  private get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private over(): Error {
    return new Error(`the program ended: ${this.said}`);
  }
}
