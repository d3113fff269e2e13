import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(__dirname, "..", "..");

/** What a shell step did. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/**
 * An origin with a branch `main` and a change beside it, where a pipeline checks them out, and a folder that the pipeline works
 * in. HOME is empty.
 */
export interface Forge {
  /** Folder that holds the bare origin `team/db.git`. */
  readonly server: string;
  readonly work: string;
  /** Runs a step as the forge does: bash, in the folder, with nothing in the environment but what is given. */
  run(script: string, env: Readonly<Record<string, string>>, shell: readonly string[]): Ran;
  /** Stands in for `npm ci`: the command from this checkout's sources instead of a package from a registry. */
  install(): void;
  remove(): void;
}

const MERGE = "refs/pull/7/merge";

/** @param change of the text of the stack's file, from main to the change */
export function forge(change: (text: string) => string): Forge {
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-ci-"));
  const [server, source, work, home] = ["server", "source", "work", "home"].map((name) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  }) as [string, string, string, string];
  const origin = join(server, "team", "db.git");
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", source, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1" },
    });
  const commit = (text: string, message: string): void => {
    writeFileSync(join(source, "Pulumi.prod.yaml"), text);
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "-m", message);
  };
  const text = readFileSync(join(ROOT, "Pulumi.lab-kvm.yaml"), "utf8");
  git("init", "--quiet", "--initial-branch=main", ".");
  writeFileSync(join(source, "Pulumi.yaml"), "name: team-db\nruntime: nodejs\n");
  mkdirSync(join(source, "policy"));
  cpSync(join(ROOT, "policy", "exemptions", "lab-kvm.json"), join(source, "policy", "prod.json"));
  commit(text, "main");
  git("clone", "--quiet", "--bare", ".", origin);
  commit(change(text), "change");
  git("push", "--quiet", origin, `HEAD:${MERGE}`, "HEAD:refs/heads/change");
  return {
    server,
    work,
    run(script, env, [program = "bash", ...args]) {
      const { status, stdout, stderr } = spawnSync(program, [...args, script], {
        cwd: work,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1", ...env },
      });
      return { code: status, output: `${stdout}${stderr}` };
    },
    install() {
      const bin = join(work, "node_modules", ".bin");
      mkdirSync(bin, { recursive: true });
      symlinkSync(ROOT, join(work, "node_modules", "pgkeep"));
      const tsx = join(ROOT, "node_modules", "tsx", "dist", "loader.mjs");
      writeFileSync(
        join(bin, "pgkeep"),
        `#!/bin/sh\nexec "${process.execPath}" --import "file://${tsx}" "${join(ROOT, "operations", "cli.ts")}" "$@"\n`,
        { mode: 0o755 },
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
