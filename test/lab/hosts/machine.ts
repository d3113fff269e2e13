import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one lab, below a temporary one that is removed by the caller. */
export function temporaryLab(): { readonly dir: string; readonly remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), "pgkeep-hosts-"));
  return { dir: join(parent, "lab"), remove: () => rmSync(parent, { recursive: true, force: true }) };
}

/** What a lab could leave on the machine. */
export interface Traces {
  /** Network devices of the machine itself that were not there before. */
  readonly links: readonly string[];
  /** Mounts of the machine that name the lab's folder. */
  readonly mounts: readonly string[];
  /** Processes whose environment or command line names the lab's folder. */
  readonly processes: readonly string[];
  readonly folder: boolean;
  readonly lock: boolean;
}

/** Devices that the machine had before any test began. */
const own = new Set(readdirSync("/sys/class/net"));

export function traces(dir: string): Traces {
  const links = readdirSync("/sys/class/net");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return {
    links: links.filter((name) => !own.has(name)),
    mounts: mounts.filter((line) => line.includes(dir)),
    processes: processesNaming(dir),
    folder: existsSync(dir),
    lock: existsSync(`${dir}.lock`),
  };
}

/** Nothing left: what a machine without a lab shows. */
export const nothing: Traces = { links: [], mounts: [], processes: [], folder: false, lock: false };

function processesNaming(dir: string): string[] {
  return pids().filter((pid) => {
    if (pid === String(process.pid)) return false;
    try {
      const text =
        readFileSync(`/proc/${pid}/environ`, "utf8") + readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return text.includes(`@${dir}`) || text.includes(`${dir}/`);
    } catch {
      return false;
    }
  });
}

/** Names of the namespaces that a process lives in. */
export function namespacesOf(pid: number): string[] {
  return ["net", "mnt", "pid", "uts"].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

/** Processes that live in one of these namespaces. */
export function inhabitants(namespaces: ReadonlySet<string>): string[] {
  return pids().filter((pid) => {
    try {
      return namespacesOf(Number(pid)).some((name) => namespaces.has(name));
    } catch {
      return false;
    }
  });
}

function pids(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}
