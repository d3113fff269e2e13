import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { toolchainEnv } from "../../../toolchain/env.js";

/** How a run of the engine ended. */
export interface Outcome {
  readonly code: number | null;
  /** Both outputs, as a person sees them. */
  readonly text: string;
}

/** An engine at work. */
export interface Running {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves when the output so far matches. */
  readonly shown: (expected: RegExp) => Promise<void>;
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

/** A Pulumi program in a temporary directory, on a file backend of its own with a random passphrase. */
export class PulumiProgram {
  readonly path = mkdtempSync(join(tmpdir(), "pgkeep-program-"));
  private readonly passphrase = randomBytes(16).toString("hex");
  private ready = false;

  constructor(private readonly name: string) {
    const modules = join(__dirname, "../../../node_modules");
    mkdirSync(join(this.path, "state"));
    mkdirSync(this.temporary);
    symlinkSync(modules, join(this.path, "node_modules"));
    writeFileSync(join(this.path, "package.json"), JSON.stringify({ name }));
    const lines = [
      `name: ${name}`,
      "runtime:",
      "  name: nodejs",
      "  options:",
      "    typescript: false",
      "main: index.js",
    ];
    writeFileSync(join(this.path, "Pulumi.yaml"), `${lines.join("\n")}\n`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Sets the program's text; `pulumi` and `command` are in scope. */
  source(text: string): void {
    const head = `const pulumi = require("@pulumi/pulumi");\nconst command = require("@pulumi/command");\n`;
    writeFileSync(join(this.path, "index.js"), head + text);
  }

  /** Lines that the commands of the program appended to `$JOURNAL`, and starts a new journal. */
  journal(): string[] {
    if (!existsSync(this.journalFile)) return [];
    const lines = readFileSync(this.journalFile, "utf8").split("\n").slice(0, -1);
    rmSync(this.journalFile);
    return lines;
  }

  /** The engine and its plugins leave their logs here. */
  private get temporary(): string {
    return join(this.path, "tmp");
  }

  get journalFile(): string {
    return join(this.path, "journal");
  }

  /** Starts the engine; for the tests that interrupt it, or wait for what it shows. */
  start(args: readonly string[]): Running {
    const { SSH_AUTH_SOCK: _, ...inherited } = process.env;
    const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.path,
      env: {
        ...inherited,
        ...toolchainEnv(),
        PULUMI_BACKEND_URL: `file://${join(this.path, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: this.passphrase,
        JOURNAL: this.journalFile,
        TMPDIR: this.temporary,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const outcome = new Promise<Outcome>((done, fail) => {
      child.on("error", fail);
      child.on("close", (code) => done({ code, text }));
    });
    const shown = async (expected: RegExp): Promise<void> => {
      while (!expected.test(text)) {
        if (child.exitCode !== null) throw new Error(`${expected.source} was never shown:\n${text}`);
        await pause(50);
      }
    };
    return { child, outcome, shown };
  }

  async run(...args: string[]): Promise<Outcome> {
    if (!this.ready) {
      this.ready = true;
      const created = await this.start(["stack", "init", "test"]).outcome;
      if (created.code !== 0) throw new Error(created.text);
    }
    return this.start(args).outcome;
  }

  /** `pulumi up` that has to succeed. */
  async up(...more: string[]): Promise<string> {
    const { code, text } = await this.run("up", "--yes", "--skip-preview", ...more);
    if (code !== 0) throw new Error(`pulumi up failed:\n${text}`);
    return text;
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { code, text } = await this.run("stack", "output", "--json", "--show-secrets");
    if (code !== 0) throw new Error(text);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** The resources of the state, secrets encrypted, as they lie in the file. */
  state(): StateResource[] {
    const file = join(this.path, "state", ".pulumi", "stacks", this.name, "test.json");
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint: { latest: { resources?: StateResource[] } };
    };
    return checkpoint.latest.resources ?? [];
  }

  resource(name: string): StateResource {
    const found = this.state().find(({ urn }) => urn.endsWith(`::${name}`));
    if (found === undefined) throw new Error(`no resource ${name} in the state`);
    return found;
  }
}

/** Whether a property of the state is encrypted. */
export function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "ciphertext" in value;
}
