import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Context, Host } from "../../../operations/context.js";
import { GuestAgentError, type GuestAgent, type RunResult } from "../../../operations/ports/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

interface Stored {
  readonly label: string;
  readonly type: "full" | "diff";
  readonly stopped: number;
  valid: boolean;
}

const NOW = Date.parse("2026-11-22T01:00:00Z");

/** A repository behind pgBackRest's commands, with the words that pgBackRest uses, and the context of a job on it. */
export class FakeRepository {
  backups: Stored[] = [];
  /** Labels that retention would remove. */
  expirable: string[] = [];
  /** Every command of the tool in its order. */
  readonly commands: string[] = [];
  /** Names of the locks that are held, and every one that was. */
  readonly held = new Set<string>();
  readonly locked: string[] = [];
  /** Commands that ran while no lock was held. */
  readonly unguarded: string[] = [];
  readonly warnings: string[] = [];
  down = false;
  seconds = 0;
  /** Fails every statement. */
  broken = false;

  full(label: string, daysAgo: number, valid = true): void {
    this.backups.push({ label, type: "full", stopped: NOW / 1000 - daysAgo * 86400, valid });
  }

  get now(): Date {
    return new Date(NOW + this.seconds * 1000);
  }

  get context(): Context {
    const plan = recoveryPlan(parseEnvironment(kvmEnvironment()));
    const agent: GuestAgent = {
      domain: "w1",
      answers: () => Promise.resolve(!this.down),
      wait: (limit) =>
        this.down
          ? Promise.reject(new GuestAgentError("w1", `no answer within ${limit} s`))
          : Promise.resolve(),
      run: (argv) =>
        this.down
          ? Promise.reject(new GuestAgentError("w1", "it is off"))
          : Promise.resolve(this.answer(argv)),
      write: () => Promise.resolve(),
    };
    const files = { makeDirectory: () => Promise.resolve(), read: () => Promise.resolve(undefined) };
    const hold = (argv: readonly string[]): Promise<unknown> => {
      const path = argv[argv.indexOf("-w") + 2] ?? "";
      this.held.add(path);
      this.locked.push(path);
      return Promise.resolve({ release: () => Promise.resolve(void this.held.delete(path)) });
    };
    const say = (): void => undefined;
    const output = { step: say, info: say, progress: say, result: say };
    return {
      plan,
      clock: {
        now: () => this.now,
        monotonic: () => this.seconds,
        sleep: (seconds) => Promise.resolve(void (this.seconds += seconds)),
      },
      output: { ...output, warn: (text) => void this.warnings.push(text) },
      dryRun: false,
      host: () => ({ files, shell: { hold } }) as unknown as Host,
      guest: (name) => {
        const found = plan.guests.find((guest) => guest.name === name);
        if (found === undefined) throw new Error(`no guest ${name}`);
        return found;
      },
      agent: () => agent,
      database: (name) => ({
        query: (sql) => {
          if (sql.includes("pg_stat_wal_receiver"))
            return name === "pg-a1"
              ? Promise.resolve([["f", "1", "7710948052182392866", "", ""]])
              : Promise.reject(new Error("off"));
          return this.broken ? Promise.reject(new Error("not ended after 900 s")) : Promise.resolve([]);
        },
      }),
    };
  }

  private answer(argv: readonly string[]): RunResult {
    const line = argv.join(" ");
    const own = argv.slice(argv.findIndex((arg) => arg.startsWith("--config=")) + 1);
    const command = line.includes("repo-ls") ? "repo-ls" : (own.find((arg) => /^[a-z]/.test(arg)) ?? "");
    if (line.includes("pgbackrest --config")) {
      this.commands.push(line.includes("--dry-run") ? `${command} --dry-run` : command);
      if (this.held.size === 0) this.unguarded.push(command);
    }
    return { code: 0, stdout: this.text(command, line), stderr: "" };
  }

  private text(command: string, line: string): string {
    const segment = (index: number): string => `0000000100000000${(index + 1).toString(16).padStart(8, "0")}`;
    switch (command) {
      case "info":
        return JSON.stringify([
          {
            name: "orders",
            status: { code: 0, message: "ok" },
            db: [{ id: 1, "system-id": 7, version: "17" }],
            backup: this.backups.map(({ label, type, stopped }, index) => ({
              archive: { start: segment(index), stop: segment(index) },
              database: { id: 1 },
              error: false,
              info: { size: 1 },
              label,
              reference: null,
              timestamp: { start: stopped - 1, stop: stopped },
              type,
            })),
          },
        ]);
      case "backup":
        this.seconds += 60;
        this.backups.push({ label: "NEW", type: "full", stopped: this.now.getTime() / 1000, valid: true });
        return "";
      case "verify":
        return [
          "stanza: orders",
          `status: ${this.backups.every(({ valid }) => valid) ? "ok" : "error"}`,
          ...this.backups.map(
            ({ label, valid }) =>
              `  backup: ${label}, status: ${valid ? "valid" : "invalid"}, total files checked: 9, total valid files: ${valid ? 9 : 8}`,
          ),
        ].join("\n");
      case "expire":
        if (line.includes("--dry-run"))
          return this.expirable.map((label) => `repo1: remove expired backup ${label}\n`).join("");
        this.backups = this.backups.filter(({ label }) => !this.expirable.includes(label));
        return "";
      case "repo-ls":
        return `00000001 1 ${this.backups.length.toString(16)}\n`;
      default:
        return "";
    }
  }
}
