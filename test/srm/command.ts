import { AsyncLocalStorage } from "node:async_hooks";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { Runbook } from "../../components/srm/client/runbook.js";
import { register } from "../../operations/commands/recovery-plan.js";
import { EvidenceStore, type EvidenceRecord } from "../../operations/evidence/index.js";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import { ENVIRONMENT, runbookOf } from "./samples.js";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Said {
  readonly out: string[];
  readonly err: string[];
}

/** What the command that is running says; of several, each has its own. */
const saying = new AsyncLocalStorage<Said>();

/** Keeps what commands print to themselves, and gives them the credentials. @returns what ends it */
function capture(): () => void {
  const { stdout, stderr } = process;
  const [out, err] = [stdout.write, stderr.write];
  const divert =
    (kind: keyof Said, write: (text: string | Uint8Array) => boolean) =>
    (text: string | Uint8Array): boolean => {
      const said = saying.getStore();
      if (said === undefined) return write.call(kind === "out" ? stdout : stderr, text);
      said[kind].push(String(text));
      return true;
    };
  stdout.write = divert("out", out);
  stderr.write = divert("err", err);
  Object.assign(process.env, ENVIRONMENT);
  return () => {
    stdout.write = out;
    stderr.write = err;
    for (const name of Object.keys(ENVIRONMENT)) Reflect.deleteProperty(process.env, name);
  };
}

/** `pgkeep recovery-plan` as a person calls it, with a runbook and an evidence file of its own. */
export class PlanCommand {
  private readonly folder = mkdtempSync(join(tmpdir(), "pgkeep-srm-"));
  private readonly runbook = join(this.folder, "runbook.json");
  private readonly evidence = join(this.folder, "evidence.jsonl");

  private readonly release: () => void;

  constructor(endpoint: SrmEndpoint, change: Partial<Runbook> = {}) {
    this.release = capture();
    writeFileSync(this.runbook, JSON.stringify(runbookOf(endpoint, change)));
  }

  /** Runs it in this process; several may run at a time. */
  async run(operation: string, ...args: readonly string[]): Promise<Ended> {
    const said: Said = { out: [], err: [] };
    await saying.run(said, () => program().parseAsync(["node", "pgkeep", ...this.argv(operation, args)]));
    const code = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    return { code, out: said.out.join(""), err: said.err.join("") };
  }

  /** Starts it as a process of its own, which may be killed. */
  spawn(
    environment: Readonly<Record<string, string>>,
    operation: string,
    ...args: readonly string[]
  ): ChildProcess {
    const argv = ["--import", "tsx", join(__dirname, "..", "..", "operations", "cli.ts")];
    return spawn(process.execPath, [...argv, ...this.argv(operation, args)], {
      env: { PATH: process.env["PATH"], ...ENVIRONMENT, ...environment },
      stdio: "ignore",
    });
  }

  records(): readonly EvidenceRecord[] {
    const { records, problems } = new EvidenceStore(this.evidence).verify();
    if (problems.length > 0) throw new Error(problems.join("; "));
    return records;
  }

  close(): void {
    this.release();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private argv(operation: string, args: readonly string[]): string[] {
    const watching = operation === "status" ? [] : ["--every", "0.005"];
    return [
      "recovery-plan",
      operation,
      "--runbook",
      this.runbook,
      "--evidence",
      this.evidence,
      ...watching,
      ...args,
    ];
  }
}

function program(): Command {
  const root = new Command("pgkeep")
    .option("--json", "", false)
    .option("--dry-run", "", false)
    .option("--now <moment>")
    .exitOverride();
  register(root);
  return root;
}
