import { spawn, type ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { HOLDER_MARK } from "../hosts/namespaces.js";
import { ipBatch } from "../hosts/network.js";
import { RUN_MARK } from "../processes.js";
import { mustRun, run, type Outcome, type RunOptions } from "../subprocess.js";
import { BOOT_SCRIPT } from "./boot.js";
import { makeControlGroup, removeControlGroup } from "./control-group.js";
import { writeGuestFiles } from "./guest-files.js";

/** A disk of a guest. */
export interface GuestDisk {
  /** Name below /dev/disk/by-id. */
  readonly link: string;
  readonly bytes: number;
}

/** A network card. */
export interface GuestCard {
  /** Name in the guest. */
  readonly device: string;
  readonly mac: string;
  /** Bridge on the hypervisor, and the process that holds its network. */
  readonly bridge: string;
  readonly host: number;
}

export interface GuestOptions {
  readonly name: string;
  /** Folder of the laboratory. */
  readonly lab: string;
  /** Root file system of the image. */
  readonly image: string;
  /** The VM's guestinfo variables. */
  readonly seed: Readonly<Record<string, string>>;
  readonly disks: readonly GuestDisk[];
  readonly cards: readonly GuestCard[];
}

/** How long systemd may take until it answers. */
const BOOT_SECONDS = 60;

/**
 * A simulated VM's machine: the guest image with its own systemd, cloud-init, network, disks and processes, in namespaces of this machine's
 * kernel. What its disks hold outlives a power-off, as on a VM. It ends with the process that started it.
 */
export class GuestMachine {
  private child: ChildProcess | undefined;
  /** Its first process, as this machine sees it. */
  private pid = 0;
  /** Its control group. */
  private group: string | undefined;

  constructor(private readonly options: GuestOptions) {}

  get running(): boolean {
    return this.child !== undefined;
  }

  private get dir(): string {
    return join(this.options.lab, "guests", this.options.name);
  }

  async powerOn(): Promise<void> {
    if (this.child !== undefined) return;
    const { name, lab, image, seed, disks, cards } = this.options;
    const [own, extra] = [join(this.dir, "own"), join(this.dir, "files")];
    rmSync(extra, { recursive: true, force: true });
    for (const dir of [own, extra]) mkdirSync(dir, { recursive: true });
    writeGuestFiles(extra, seed);
    const loops: string[] = [];
    for (const { link, bytes } of disks) loops.push(await this.attach(link, bytes));
    const log = openSync(join(this.dir, "console.log"), "a");
    // The shell stays as parent of all and holds the disks; with it they go.
    const group = makeControlGroup(`pgkeep-${name}`);
    this.group = group;
    const begin = `echo $$ >"${group}/cgroup.procs"; ${loops.map((loop, i) => `exec ${i + 5}<>${loop}; losetup --detach ${loop}`).join("; ")}; exec "$@"`;
    const child = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "sh", "-ec", begin, "sh"],
        ...["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "--kill-child"],
        ...["--propagation", "private", "sh", "-c", BOOT_SCRIPT, "sh", image, own, extra, name],
        ...disks.map(({ link }, i) => `${link}=${loops[i] ?? ""}`),
      ],
      {
        stdio: ["ignore", log, log],
        env: {
          PATH: process.env["PATH"],
          MARK: `${HOLDER_MARK}=${name}@${lab}`,
          RUN: `${RUN_MARK}=${process.env[RUN_MARK] ?? ""}`,
        },
      },
    );
    closeSync(log);
    this.child = child;
    child.once("exit", () => (this.child = undefined));
    this.pid = await this.firstProcess(child);
    for (const card of cards) await this.plug(card);
    await this.within(BOOT_SECONDS, "udev does not answer", async () => {
      const { code } = await this.run(["udevadm", "control", "--ping"]);
      return code === 0;
    });
    // Nobody else tells the guest's udev of what was there before it.
    await this.run(["udevadm", "trigger", "--action=add", "--subsystem-match=net"]);
    for (const loop of loops)
      await this.run([
        "udevadm",
        "trigger",
        "--action=add",
        `/sys/class/block/${loop.slice("/dev/".length)}`,
      ]);
  }

  /** As when its plug is pulled. */
  async powerOff(): Promise<void> {
    const { child } = this;
    if (child !== undefined) {
      const ended = new Promise<void>((done) => child.once("exit", () => done()));
      child.kill("SIGKILL");
      await ended;
    }
    const { group } = this;
    if (group !== undefined)
      await this.within(20, "its control group stays", () => Promise.resolve(removeControlGroup(group)));
    this.group = undefined;
  }

  /** Powers it off, and forgets its disks. */
  async remove(): Promise<void> {
    await this.powerOff();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Runs a program in the guest. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const enter = [
      "-t",
      String(this.pid),
      "--mount",
      "--net",
      "--uts",
      "--ipc",
      "--pid",
      "--cgroup",
      "--root",
      "--wd",
    ];
    const env = [
      "env",
      "-i",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LC_ALL=C.UTF-8",
    ];
    return run("nsenter", [...enter, "--", ...env, ...argv], { timeoutMs: 120_000, ...options });
  }

  /** As `run`, but a failure is an error with the end of what it said. */
  async mustRun(argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv);
    if (code !== 0)
      throw new Error(`${this.options.name}: ${argv.join(" ")} ended with ${code}: ${stderr.slice(-500)}`);
    return stdout;
  }

  /** What it told its hypervisor under a key; undefined when nothing yet. */
  told(key: string): string | undefined {
    const file = `/proc/${this.pid}/root/run/pgkeep-lab/${key}`;
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }

  private async attach(link: string, bytes: number): Promise<string> {
    const file = join(this.dir, `${link}.img`);
    if (!existsSync(file)) writeFileSync(file, "");
    truncateSync(file, bytes);
    return (await mustRun("losetup", ["--find", "--show", file])).trim();
  }

  private async plug({ device, mac, bridge, host }: GuestCard): Promise<void> {
    const port = `${this.options.name.slice(0, 9)}-${device.slice(0, 4)}`;
    await ipBatch(host, [
      `link add ${port} type veth peer name ${device} address ${mac} netns ${this.pid}`,
      `link set ${port} master ${bridge} up`,
    ]);
  }

  private async firstProcess({ pid }: ChildProcess): Promise<number> {
    let found = 0;
    await this.within(BOOT_SECONDS, "no process was started", async () => {
      const { stdout } = await run("pgrep", ["-P", String(pid)]);
      found = stdout.split("\n").map(Number).find(isFirst) ?? 0;
      return found > 0;
    });
    return found;
  }

  private async within(seconds: number, problem: string, done: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + seconds * 1000; ;) {
      if (await done()) return;
      if (Date.now() > deadline || (this.child === undefined && problem.startsWith("u")))
        throw new Error(`guest ${this.options.name}: ${problem}; see ${join(this.dir, "console.log")}`);
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
}

/** True for the first process of a process namespace. */
function isFirst(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  if (pid === 0 || !existsSync(status)) return false;
  return /^NSpid:\t\d+\t1$/m.test(readFileSync(status, "latin1"));
}
