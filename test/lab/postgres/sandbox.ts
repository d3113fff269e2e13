import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureImage } from "../../../lab/images/build.js";
import { silent } from "../../../lab/progress.js";
import { mustRun, run, type Outcome, type RunOptions } from "../../../lab/subprocess.js";
import type { GuestBundle } from "../../../components/postgres/index.js";

/** PID 1 of a sandbox: does nothing but collect orphans, so that a dead postmaster is really gone. */
const INIT = "import os,time\nwhile True:\n  try: os.wait()\n  except ChildProcessError: time.sleep(0.1)\n";

/** A guest's root file system with its own processes, network and mounts; nothing of it outlives `close`. */
export class Sandbox {
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly dir: string,
    /** Process id of its first process, as the machine sees it. */
    readonly pid: number,
    child: ChildProcess,
  ) {
    this.children.push(child);
  }

  /** Starts a sandbox of the guest image of a major version. Needs root. */
  static async open(major: 17 | 18): Promise<Sandbox> {
    const image = await ensureImage(major, silent);
    const dir = mkdtempSync(join(tmpdir(), "pgkeep-sandbox-"));
    const script = `set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/up" "$1/wk" "$1/m"
mount -t overlay o -o lowerdir="$0",upperdir="$1/up",workdir="$1/wk" "$1/m"
cd "$1/m"
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=0755 tmpfs dev
mkdir dev/pts dev/shm dev/mqueue
for n in null zero full random urandom tty; do touch dev/$n; mount --bind /dev/$n dev/$n; done
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=0755 tmpfs run
mkdir -p run/postgresql run/lock
chown --reference=var/lib/postgresql run/postgresql
ip link set lo up
echo ready
exec chroot . /usr/bin/python3 -c "$2"`;
    const child = spawn(
      "unshare",
      [
        "--mount",
        "--net",
        "--uts",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        script,
        image.rootfs,
        dir,
        INIT,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    await new Promise<void>((ready, fail) => {
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
      child.stdout.once("data", () => ready());
      child.once("exit", () => fail(new Error(`the sandbox did not start: ${said}`)));
    });
    const inner = (await mustRun("pgrep", ["-P", String(child.pid)])).trim();
    return new Sandbox(dir, Number(inner), child);
  }

  /** Arguments that enter the sandbox as an account of the guest. */
  private enter(account: string, net: number): string[] {
    const own = ["--target", String(this.pid), "--mount", "--uts", "--pid", "--root", "--wd"];
    const ids =
      account === "root" ? [] : ["setpriv", "--reuid", account, "--regid", account, "--init-groups"];
    return [
      ...own,
      `--net=/proc/${net}/ns/net`,
      "--",
      "env",
      "-i",
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "LC_ALL=C.UTF-8",
      "HOME=/tmp",
      ...ids,
    ];
  }

  /** Runs a program to its end. */
  run(
    argv: readonly string[],
    options: RunOptions & { account?: string; net?: number } = {},
  ): Promise<Outcome> {
    return run("nsenter", [...this.enter(options.account ?? "root", options.net ?? this.pid), ...argv], {
      timeoutMs: 300_000,
      ...options,
    });
  }

  /** As run, but a failure is an error with the program's own words. */
  async must(
    argv: readonly string[],
    options: RunOptions & { account?: string; net?: number } = {},
  ): Promise<string> {
    const outcome = await this.run(argv, options);
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(`${argv.join(" ")} ended with ${outcome.code}: ${outcome.stderr}${outcome.stdout}`);
  }

  /** Starts a program that keeps running until the sandbox closes. */
  start(argv: readonly string[], account: string, log: string): void {
    const child = spawn(
      "nsenter",
      [...this.enter(account, this.pid), "sh", "-c", 'exec "$@" >"$0" 2>&1', log, ...argv],
      { stdio: "ignore" },
    );
    this.children.push(child);
  }

  /** Writes a text inside the sandbox. */
  async write(path: string, content: string, mode = "0644", owner = "root:root"): Promise<void> {
    const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1" && chown "$3" "$1"';
    await this.must(["sh", "-c", script, "sh", path, mode, owner], { stdin: content });
  }

  /** Places the files and directories of a bundle, without touching services. */
  async place(bundle: GuestBundle): Promise<void> {
    for (const { path, mode, owner } of bundle.directories)
      await this.must([
        "install",
        "-d",
        "-m",
        mode,
        "-o",
        owner.split(":")[0] ?? "",
        "-g",
        owner.split(":")[1] ?? "",
        path,
      ]);
    for (const { path, content, mode, owner } of bundle.files) await this.write(path, content, mode, owner);
  }

  /** Ends everything that runs in it and removes it. */
  async close(): Promise<void> {
    try {
      process.kill(this.pid, "SIGKILL");
    } catch {
      // gone already
    }
    await Promise.all(this.children.map(ended));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A link of a network into a segment. */
export interface Link {
  /** Process that holds the network. */
  readonly net: number;
  /** Name of the interface there; also names the segment. */
  readonly device: string;
  /** Addresses with prefix length. */
  readonly addresses: readonly string[];
}

/** Networks joined by one switch a device name; held by processes that end with `close`. */
export class Wiring {
  private readonly holders: ChildProcess[] = [];
  /** Processes that hold the networks, in the order in which they were made. */
  readonly networks: number[] = [];

  /** A network of its own without a root file system, such as that of an application client. */
  async network(): Promise<number> {
    const child = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    this.holders.push(child);
    const pid = child.pid;
    if (pid === undefined) throw new Error("unshare did not start");
    const own = readlinkSync("/proc/self/ns/net");
    await within(60, async () => (readlinkSync(`/proc/${pid}/ns/net`) === own ? undefined : true));
    await ip(pid, "link", "set", "lo", "up");
    this.networks.push(pid);
    return pid;
  }

  /** Connects networks; all links with one device name lie on one segment. */
  async connect(links: readonly Link[]): Promise<void> {
    const hub = await this.network();
    for (const device of new Set(links.map((link) => link.device))) {
      await ip(hub, "link", "add", device, "type", "bridge");
      await ip(hub, "link", "set", device, "up");
    }
    for (const [index, { net, device, addresses }] of links.entries()) {
      const port = `port${index}`;
      await ip(hub, "link", "add", port, "type", "veth", "peer", "name", device, "netns", String(net));
      await ip(hub, "link", "set", port, "master", device, "up");
      for (const address of addresses) await ip(net, "address", "add", address, "dev", device);
      await ip(net, "link", "set", device, "up");
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.holders.map(ended));
  }
}

function ip(net: number, ...args: string[]): Promise<string> {
  return mustRun("nsenter", [`--net=/proc/${net}/ns/net`, "ip", ...args]);
}

/** Kills a child of ours and waits for its end. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once("exit", () => done());
    child.kill("SIGKILL");
  });
}

/** Asks until there is an answer, at most so many seconds. */
export async function within<T>(seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`no answer within ${seconds} s`);
    await new Promise((wake) => setTimeout(wake, 200));
  }
}
