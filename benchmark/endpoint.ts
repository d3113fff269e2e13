import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const READY_SECONDS = 30;
/** What of the machine the daemon must neither see nor change. */
const HIDDEN = ["/run", "/var/lib/libvirt", "/var/log/libvirt", "/var/cache/libvirt", "/etc/libvirt"];

/**
 * A libvirt daemon of our own for previews: in its own mount and network namespaces, its state in memory, answering
 * on a socket in `folder`. Its test driver has no virtual machine behind it, and a preview makes none.
 */
export class Endpoint {
  private constructor(
    private readonly daemon: ChildProcess,
    /** Connection address for the libvirt provider. */
    readonly uri: string,
  ) {}

  static async start(folder: string): Promise<Endpoint> {
    const configuration = join(folder, "libvirtd.conf");
    writeFileSync(configuration, `unix_sock_dir = "${folder}"\nauth_unix_rw = "none"\n`);
    const script = [
      "set -e",
      ...HIDDEN.map((path) => `mkdir -p ${path}; mount -t tmpfs tmpfs ${path}`),
      "mkdir -p /run/libvirt /var/log/libvirt/qemu",
      // Dies with whoever started it, however that ended.
      'exec setpriv --pdeathsig KILL libvirtd --config "$1" --pid-file "$2"',
    ].join("\n");
    const log = openSync(join(folder, "libvirtd.log"), "a");
    const daemon = spawn(
      "unshare",
      [
        "--mount",
        "--net",
        "--propagation",
        "private",
        "bash",
        "-c",
        script,
        "libvirtd",
        configuration,
        join(folder, "libvirtd.pid"),
      ],
      { stdio: ["ignore", log, log] },
    );
    const socket = join(folder, "libvirt-sock");
    for (let waited = 0; waited < READY_SECONDS * 10 && daemon.exitCode === null; waited += 1) {
      if (existsSync(socket)) {
        return new Endpoint(daemon, `test+unix:///default?socket=${socket}`);
      }
      await sleep(100);
    }
    daemon.kill();
    throw new Error(
      `no libvirt daemon for previews: needs root, util-linux and libvirtd; its log is ${folder}/libvirtd.log`,
    );
  }

  async stop(): Promise<void> {
    if (this.daemon.exitCode === null && this.daemon.signalCode === null) {
      const ended = new Promise((resolve) => this.daemon.once("exit", resolve));
      this.daemon.kill();
      await ended;
    }
  }
}
