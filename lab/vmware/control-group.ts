import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where the unified control groups of this machine are. */
export function controlGroups(): string {
  const found = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, , kind]) => kind === "cgroup2")?.[1];
  if (found === undefined)
    throw new Error("no unified control groups are mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
  return found;
}

/**
 * Makes the control group in which a guest's first process begins: systemd wants one of its own. What is left of groups of that name,
 * after a run that was killed, goes.
 */
export function makeControlGroup(name: string): string {
  const root = controlGroups();
  for (const old of readdirSync(root)) if (old.startsWith(`${name}.`)) removeControlGroup(join(root, old));
  const dir = join(root, `${name}.${process.pid}`);
  mkdirSync(dir);
  return dir;
}

/** Removes a control group with those that it holds. False while processes are in one of them. */
export function removeControlGroup(dir: string): boolean {
  try {
    for (const name of readdirSync(dir))
      if (statSync(join(dir, name)).isDirectory() && !removeControlGroup(join(dir, name))) return false;
    rmdirSync(dir);
    return true;
  } catch {
    return false;
  }
}
