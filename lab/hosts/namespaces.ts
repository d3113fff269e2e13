import { spawn } from "node:child_process";
import { openSync, closeSync, readFileSync } from "node:fs";
import {
  identify,
  killAndWait,
  type ProcessIdentity,
  RUN_MARK,
  variableOf,
  withEnvironment,
} from "../processes.js";
import { type Outcome, run, type RunOptions } from "../subprocess.js";
import { type NodeName } from "./topology.js";

/** Variable in the environment of the processes that hold a lab's namespaces: they are found by it even when nothing was written down. */
export const HOLDER_MARK = "PGKEEP_LAB_HOLDER";

/**
 * Starts the process that holds a node: first process of its own pid, mount, network and host name
 * namespaces. When it is killed the kernel ends every process of the node, and its mounts, bridges and
 * links vanish with it; so nothing can be left behind. It reaps orphans because it ignores SIGCHLD.
 */
export async function startHolder(dir: string, node: NodeName, log: string): Promise<ProcessIdentity> {
  const output = openSync(log, "a");
  const value = `${node}@${dir}`;
  try {
    const hold = 'hostname "$0" && exec env --ignore-signal=CHLD sleep infinity';
    const child = spawn(
      "unshare",
      ["--fork", "--pid", "--mount-proc", "--net", "--mount", "--uts", "sh", "-c", hold, node],
      {
        detached: true,
        stdio: ["ignore", output, output],
        cwd: "/",
        env: { PATH: systemPath, [HOLDER_MARK]: value, [RUN_MARK]: process.env[RUN_MARK] },
      },
    );
    await new Promise<void>((ready, failed) => child.once("spawn", ready).once("error", failed));
    child.unref();
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      const holder = holdersOf((held) => held === value).find(
        (candidate) => candidate.first && candidate.command === "sleep",
      );
      if (holder) return holder.identity;
      if (child.exitCode !== null) break;
      await new Promise((wake) => setTimeout(wake, 10));
    }
    throw new Error(`the namespaces of ${node} could not be made (root is needed): see ${log}`);
  } finally {
    closeSync(output);
  }
}

/** PATH of everything that runs in a node. */
export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Environment of a command in a node: the caller's with the node's own PATH. */
export function nodeEnvironment(given: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { HOME: "/root", LANG: "C.UTF-8", ...given, PATH: systemPath };
}

interface Holder {
  readonly identity: ProcessIdentity;
  /** True for the first process of the node's pid namespace, false for the one that made it. */
  readonly first: boolean;
  readonly command: string;
}

function holdersOf(matches: (value: string) => boolean): Holder[] {
  return withEnvironment(HOLDER_MARK, matches).flatMap((identity) => {
    try {
      const status = readFileSync(`/proc/${identity.pid}/status`, "latin1");
      const ids = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
      const command = /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "";
      return [{ identity, first: ids.length > 1 && ids[ids.length - 1] === "1", command }];
    } catch {
      return [];
    }
  });
}

/** Folders of the labs whose nodes these processes hold. */
export function labsHeldBy(processes: readonly ProcessIdentity[]): string[] {
  const held = processes.flatMap(({ pid }) => variableOf(pid, HOLDER_MARK) ?? []);
  return [...new Set(held.map((value) => value.slice(value.indexOf("@") + 1)))];
}

/** Ends all nodes of a lab with everything in them, whether or not their holders were recorded. */
export async function endNodes(dir: string, recorded: readonly ProcessIdentity[]): Promise<void> {
  const found = holdersOf((value) => value.endsWith(`@${dir}`));
  const first = [...recorded, ...found.filter((holder) => holder.first).map((holder) => holder.identity)];
  const outer = found.filter((holder) => !holder.first).map((holder) => holder.identity);
  await Promise.all(first.map((identity) => killAndWait(identity, 60_000)));
  await Promise.all(outer.map((identity) => killAndWait(identity, 60_000)));
}

export interface NodeRunOptions extends RunOptions {
  readonly node?: NodeName;
  /** Seconds that a command has after the polite end of its time, before it is killed. @default 2 */
  readonly graceSeconds?: number;
}

/** Runs a command inside a node. With a time limit the command itself is ended inside the node, not only our side of it. */
export async function enter(
  holder: ProcessIdentity,
  command: readonly string[],
  options: NodeRunOptions = {},
): Promise<Outcome> {
  if (identify(holder.pid)?.start !== holder.start) {
    throw new Error(`node ${options.node ?? ""} of the lab is not running: start it with "hosts-up"`);
  }
  const limit = options.timeoutMs ?? 600_000;
  const env = nodeEnvironment(options.env);
  const grace = String(options.graceSeconds ?? 2);
  const bounded = ["timeout", "-k", grace, String(Math.max(1, Math.ceil(limit / 1000))), ...command];
  return await run("nsenter", ["-t", String(holder.pid), "-m", "-n", "-u", "-p", "--", ...bounded], {
    ...options,
    env,
    timeoutMs: limit + Number(grace) * 1000 + 10_000,
  });
}

/** As {@link enter}, but a non-zero exit is an error. */
export async function mustEnter(
  holder: ProcessIdentity,
  command: readonly string[],
  options: NodeRunOptions = {},
): Promise<string> {
  const outcome = await enter(holder, command, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split("\n").slice(-12).join("\n");
  throw new Error(
    `${command[0] ?? ""} on ${options.node ?? "a node"} ended with code ${outcome.code}: ${said}`,
  );
}
