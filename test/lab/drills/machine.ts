import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../../operations/adapters/run-program.js";
import { GuestCommandError, type GuestAgent, type GuestRunOptions } from "../../../operations/ports/index.js";
import { imageDirectory } from "./images.js";

/**
 * A guest's system without a virtual machine: the root file system of the guest image under a throw-away overlay, in
 * mount, process, network and host-name spaces of its own. Jobs use it through the same port as a real guest; the programs in
 * it are the real PostgreSQL and pgBackRest. Everything in it dies with its first process.
 */
export class NativeMachine implements GuestAgent {
  private constructor(
    readonly domain: string,
    private readonly init: ChildProcess,
    private readonly directory: string,
    private readonly ours: boolean,
  ) {}

  /**
   * Powers a machine on.
   *
   * @param disk directory that keeps what the machine writes over a power cut; without it all is lost at power off
   */
  static async boot(domain: string, major: 17 | 18, disk?: string): Promise<NativeMachine> {
    const root = join(realpathSync(imageDirectory(major)), "rootfs");
    if (!existsSync(root)) throw new Error(`${root} is missing: build the guest images first`);
    const directory = disk ?? mkdtempSync(join(tmpdir(), "pgkeep-machine-"));
    const script = [
      'set -e; mkdir -p $1/top; [ -n "$4" ] || mount -t tmpfs -o size=3G,mode=0755 pgkeep $1/top; mkdir -p $1/top/up $1/top/work $1/top/root',
      "mount -t overlay pgkeep -o lowerdir=$2,upperdir=$1/top/up,workdir=$1/top/work $1/top/root; cd $1/top/root",
      "mount --rbind /dev dev; mount --rbind /sys sys; mount -t proc proc proc; mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp; chmod 1777 tmp",
      'ip link set lo up; hostname "$3"; touch run/ready; echo ready',
      // Reaps every orphan, as the first process must: an unreaped server looks alive to the tools.
      "exec chroot . python3 -c 'import os,signal,time\nsignal.signal(signal.SIGTERM,lambda *_:os._exit(0))\nwhile True:\n try: os.wait()\n except ChildProcessError: time.sleep(0.05)'",
    ].join("\n");
    const init = spawn(
      "unshare",
      [
        "-mpnu",
        "--fork",
        "--kill-child",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
        directory,
        root,
        domain,
        disk ?? "",
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    await Promise.race([
      once(init.stdout, "data"),
      once(init, "exit").then(() => Promise.reject(new Error("the machine did not start; root is needed"))),
    ]);
    return new NativeMachine(domain, init, directory, disk === undefined);
  }

  /** Number of the machine's first process, seen from here. */
  get leader(): number {
    const pid = Number(
      readFileSync(`/proc/${this.init.pid}/task/${this.init.pid}/children`, "utf8").trim().split(" ")[0],
    );
    if (!Number.isSafeInteger(pid) || pid === 0) throw new Error("the machine is off");
    return pid;
  }

  /** Power off at once: everything in it is gone. */
  async destroy(): Promise<void> {
    if (this.init.exitCode === null && this.init.signalCode === null) {
      const ended = once(this.init, "exit");
      process.kill(this.leader, "SIGKILL");
      await ended;
    }
    if (this.ours) rmSync(this.directory, { recursive: true, force: true });
  }

  answers(): Promise<boolean> {
    return Promise.resolve(this.init.exitCode === null && this.init.signalCode === null);
  }

  async wait(): Promise<void> {
    if (!(await this.answers())) throw new Error("the machine is off");
  }

  async run(argv: readonly string[], options: GuestRunOptions = {}): ReturnType<GuestAgent["run"]> {
    const root = `/proc/${this.leader}/root`;
    const enter = [
      "nsenter",
      "-t",
      String(this.leader),
      "-m",
      "-p",
      "-n",
      "-u",
      `--root=${root}`,
      `--wd=${root}`,
    ];
    const clean = [
      "env",
      "-i",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LC_ALL=C",
    ];
    const ended = await runProgram([...enter, "--", ...clean, ...argv], options);
    const result = { code: ended.code ?? -1, stdout: ended.stdout, stderr: ended.stderr };
    if (!(options.accept ?? [0]).includes(result.code))
      throw new GuestCommandError(this.domain, argv, result);
    return result;
  }

  /** Runs a shell script in it as the account postgres. */
  async postgres(script: string, options: GuestRunOptions = {}): Promise<string> {
    return (await this.run(["runuser", "-u", "postgres", "--", "sh", "-ec", script], options)).stdout;
  }

  async write(path: string, content: string | Buffer, mode = "0600"): Promise<void> {
    await this.run(
      [
        "sh",
        "-ec",
        'umask 077; mkdir -p "$(dirname "$1")"; cat > "$1.new"; chmod "$2" "$1.new"; mv "$1.new" "$1"',
        "sh",
        path,
        mode,
      ],
      {
        input: content,
      },
    );
  }
}
