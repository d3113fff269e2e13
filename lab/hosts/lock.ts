import { spawn } from "node:child_process";

/**
 * Runs work while no other process of ours starts or stops a lab in the same folder.
 *
 * The lock is the kernel's, on the folder itself: nothing of it lies on the disk, and it is free again the moment we end,
 * however we end, because the program that holds it lives on our pipe.
 *
 * @param folder that holds the labs' folders; it exists
 * @param timeout seconds to wait for others
 */
export async function withLock<T>(folder: string, timeout: number, work: () => Promise<T>): Promise<T> {
  const args = ["--wait", String(timeout), folder, "sh", "-c", "echo locked; exec head -c 1 >/dev/null"];
  const child = spawn("flock", args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((done, failed) => child.once("error", failed).once("close", () => done()));
  const locked = new Promise<boolean>((done) => {
    child.stdout.once("data", () => done(true));
    child.once("close", () => done(false));
  });
  await Promise.race([locked, ended]);
  if (!(await locked))
    throw new Error(`another process has been starting or stopping a lab in ${folder} for ${timeout} s`);
  try {
    return await work();
  } finally {
    child.stdin.end();
    await ended;
  }
}
