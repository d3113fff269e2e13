import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const PREFIX = "pgkeep-ssh-";

let directory: string | undefined;
const masters = new Map<string, ChildProcess>();

/** Socket under which all SSH connections of this process to one host are one. */
export function controlPath(host: string): string {
  if (directory === undefined) {
    removeAbandoned();
    const own = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
    directory = own;
    process.once("exit", () => {
      for (const master of masters.values()) master.kill();
      rmSync(own, { recursive: true, force: true });
    });
  }
  return join(directory, host);
}

/**
 * Opens the shared connection to a host, if there is none: a job gives dozens of short commands, and each would pay for a handshake. When it
 * cannot be opened the next command connects by itself and tells why it fails. It ends with this process, however that ends.
 *
 * @param ssh arguments of a connection, with the control path
 * @param timeout seconds
 */
export async function shareConnection(host: string, ssh: readonly string[], timeout: number): Promise<void> {
  const path = controlPath(host);
  const known = masters.get(host);
  if (known?.exitCode === null && known.signalCode === null && existsSync(path)) return;
  known?.kill();
  rmSync(path, { force: true });
  const [program = "", ...rest] = ["setpriv", "--pdeathsig", "KILL", "--", ...ssh];
  // Without a command: the options that make it a master stand before the destination.
  const args = [...rest.slice(0, -1), "-o", "ControlMaster=yes", "-N", ...rest.slice(-1)];
  const master = spawn(program, args, { stdio: "ignore" });
  master.unref();
  master.on("error", () => undefined);
  masters.set(host, master);
  const deadline = Date.now() + timeout * 1000;
  while (!existsSync(path) && master.exitCode === null && Date.now() < deadline) await delay(20);
}

/** Sockets of processes that were killed. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^pgkeep-ssh-(\d+)-/.exec(name)?.[1]);
    if (!Number.isInteger(pid) || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
