import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs `work` while holding a lock file that names the holder. A lock whose holder died (process gone, or its number
 * taken by a younger process) is taken over.
 *
 * @param timeout longest wait in milliseconds
 * @throws Error that names the holder when the wait ends
 */
export async function withLock<T>(path: string, timeout: number, work: () => T | Promise<T>): Promise<T> {
  const own = `${process.pid} ${startOf(process.pid) ?? ""}`;
  const deadline = Date.now() + timeout;
  while (!take(path, own)) {
    breakStale(path);
    if (Date.now() >= deadline)
      throw new Error(
        `${path} is held by process ${holder(path) ?? "(unknown)"} for longer than ${timeout} ms`,
      );
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

let attempts = 0;

/** A link either makes the whole file appear with its content or fails: no half-written lock is ever seen. */
function take(path: string, own: string): boolean {
  attempts += 1;
  const draft = `${path}.${process.pid}.${attempts}`;
  writeFileSync(draft, own);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function breakStale(path: string): void {
  const text = holder(path);
  if (text === undefined || alive(text)) return;
  // Whoever wins the rename has the stale lock in hand; when it took a fresh one by mistake, it puts it back.
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== text) linkSync(aside, path);
  } catch {
    // Somebody else broke it, or took it meanwhile.
  }
  rmSync(aside, { force: true });
}

function holder(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function alive(text: string): boolean {
  const [pid = "", start = ""] = text.split(" ");
  const current = startOf(Number(pid));
  return current !== undefined && (start === "" || current === start);
}

/** Start time of a process in clock ticks since boot, which tells it from a later one with the same number. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
