import { HOST_PATHS } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { OperationError } from "../errors.js";

/** Seconds for which a job waits for another job on the same guest. */
export const LOCK_WAIT = 1800;

/**
 * Runs something while no other job works on the guest. The lock is the kernel's, on the guest's hypervisor, held by a process that lives
 * only as long as this one: a killed job leaves no lock behind, and there is none to take over by guessing.
 */
export async function withGuestLock<T>(
  { output, clock }: Pick<Context, "output" | "clock">,
  host: Pick<Host, "files" | "shell">,
  guest: string,
  job: string,
  action: () => Promise<T>,
  wait: number = LOCK_WAIT,
): Promise<T> {
  const directory = `${HOST_PATHS.state}/locks`;
  const path = `${directory}/${guest}.lock`;
  await host.files.makeDirectory(directory, "0700");
  const note = `${job} (process ${process.pid}, since ${clock.now().toISOString()})`;
  const script = `echo "$1" > "$2"; echo held; exec cat > /dev/null`;
  const hold = (limit: number): ReturnType<typeof host.shell.hold> =>
    host.shell.hold(
      ["flock", "-E", "75", "-w", String(limit), path, "sh", "-c", script, "sh", note, path],
      limit + 30,
    );
  // A killed job's lock goes a moment after it.
  const first = Math.min(wait, 3);
  let held = await hold(first);
  if (held === undefined && wait > first) {
    output.info(`waiting at most ${wait} s for ${await holder(host, path)} to end`);
    held = await hold(wait - first);
  }
  if (held === undefined)
    throw new OperationError(
      `another job works on ${guest}: ${await holder(host, path)}`,
      "wait for its end; both jobs can run one after the other",
    );
  try {
    return await action();
  } finally {
    await held.release();
  }
}

async function holder(host: Pick<Host, "files">, path: string): Promise<string> {
  return ((await host.files.read(path)) ?? "").trim() || "an unknown job";
}
