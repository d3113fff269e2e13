import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { OperationError } from "../errors.js";

const execute = promisify(execFile);

/** The machine that is brought into its declared state. Another root is for tests: no account, no unit is touched there. */
export interface HostSystem {
  /** Path of a file below the root. */
  path(absolute: string): string;
  /** Home of an account; undefined when there is no such account. */
  home(account: string): string | undefined;
  createAccount(name: string, home: string): Promise<void>;
  removeAccount(name: string): Promise<void>;
  /** Makes an account the owner of a path. */
  own(path: string, account: string): Promise<void>;
  /** True when systemd runs here, so that timers can be started. */
  readonly systemd: boolean;
  systemctl(...argv: readonly string[]): Promise<void>;
  /** Stops a unit; no error when systemd does not know it. */
  stopUnit(unit: string): Promise<void>;
}

/** Exit code of systemctl for a unit that is not loaded. */
const NOT_LOADED = 5;

/** This machine; everything below `root` when one is given. */
export function hostSystem(root = "/"): HostSystem {
  const real = root === "/";
  const path = (absolute: string): string => join(root, absolute);
  const home = (account: string): string | undefined => {
    const users = path("/etc/passwd");
    const text = existsSync(users) ? readFileSync(users, "utf8") : "";
    return text
      .split("\n")
      .map((line) => line.split(":"))
      .find(([name]) => name === account)?.[5];
  };
  return {
    path,
    home,
    systemd: real && existsSync("/run/systemd/system"),
    async createAccount(name, directory) {
      if (!real || home(name) !== undefined) return;
      await run("useradd", [
        "--system",
        "--create-home",
        "--home-dir",
        directory,
        "--shell",
        "/bin/sh",
        name,
      ]);
      // No password, yet not locked: sshd refuses keys of a locked account.
      await run("usermod", ["--password", "*", name]);
    },
    async removeAccount(name) {
      if (real && home(name) !== undefined) await run("userdel", ["--remove", name], [0, 12]);
    },
    async own(target, account) {
      if (real) await run("chown", ["--no-dereference", `${account}:`, path(target)]);
    },
    async systemctl(...argv) {
      await run("systemctl", argv);
    },
    async stopUnit(unit) {
      await run("systemctl", ["stop", unit], [0, NOT_LOADED]);
    },
  };
}

async function run(program: string, argv: readonly string[], accept: readonly number[] = [0]): Promise<void> {
  try {
    await execute(program, [...argv], { timeout: 60_000, env: { ...process.env, LC_ALL: "C" } });
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: unknown };
    if (typeof code === "number" && accept.includes(code)) return;
    const said = typeof stderr === "string" ? (stderr.trim().split("\n").at(-1) ?? "") : "";
    throw new OperationError(
      `${program} ${argv.join(" ")} failed${said === "" ? "" : `: ${said}`}`,
      code === "ENOENT" ? `install ${program} on this hypervisor` : undefined,
    );
  }
}
