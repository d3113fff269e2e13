import { readdirSync, readFileSync } from "node:fs";

/** A process and its start time in clock ticks: together they never name another process, unlike a bare pid. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start: number;
}

/** Identity of a living process, or undefined. Zombies count as gone. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { pid, start: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.start === process.start;
}

export function ownIdentity(): ProcessIdentity {
  const own = identify(process.pid);
  if (!own) throw new Error("/proc does not show this process");
  return own;
}

export function formatIdentity(process: ProcessIdentity): string {
  return `${process.pid}-${process.start}`;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^(\d+)-(\d+)$/.exec(text);
  return match ? { pid: Number(match[1]), start: Number(match[2]) } : undefined;
}

/**
 * Variable that every process of a run of tests inherits, with the identity of the process that began the run: what the run
 * started is found by it, also after it was killed.
 */
export const RUN_MARK = "PGKEEP_TEST_RUN";

/** A variable of the environment that a process got at its start; undefined when it has none, or is gone. */
export function variableOf(pid: number, name: string): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
  } catch {
    return undefined;
  }
}

/** Living processes whose environment at their start held a variable with a value that matches. */
export function withEnvironment(name: string, matches: (value: string) => boolean): ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const held = variableOf(Number(entry), name);
      return held !== undefined && matches(held) ? (identify(Number(entry)) ?? []) : [];
    });
}

/** Kills by identity and waits until the process is gone. */
export async function killAndWait(process_: ProcessIdentity, timeoutMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; isAlive(process_);) {
    try {
      process.kill(process_.pid, "SIGKILL");
    } catch {
      return;
    }
    if (Date.now() > deadline) throw new Error(`process ${process_.pid} does not end`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
