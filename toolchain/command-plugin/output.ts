import type { Redactor } from "./redact.js";

/** Which outputs are shown while the command runs. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** Receives the lines that are shown while a command runs. */
export type LineLogger = (line: string) => void;

/** Collects what a command writes, and shows it line by line as asked. */
export class Output {
  private readonly chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
  private pending = "";

  constructor(
    private readonly logging: Logging,
    private readonly redactor: Redactor,
    private readonly log: LineLogger,
  ) {}

  write(stream: "stdout" | "stderr", chunk: Buffer): void {
    this.chunks[stream].push(chunk);
    this.chunks.both.push(chunk);
    if (this.logging !== stream && this.logging !== "stdoutAndStderr") return;
    const lines = (this.pending + chunk.toString("utf8")).split("\n");
    this.pending = lines.pop() ?? "";
    for (const line of lines) this.log(this.redactor.apply(line));
  }

  /** Shows a last line without its line feed. */
  end(): void {
    if (this.pending !== "") this.log(this.redactor.apply(this.pending));
    this.pending = "";
  }

  /** As the resource's output: without the last line feed. */
  text(stream: "stdout" | "stderr"): string {
    return Buffer.concat(this.chunks[stream]).toString("utf8").replace(/\n$/, "");
  }

  /** Both outputs in the order in which they came, for an error message; secrets are hidden. */
  explanation(): string {
    return this.redactor.apply(Buffer.concat(this.chunks.both).toString("utf8").trimEnd());
  }
}
