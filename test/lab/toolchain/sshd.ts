import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** A real SSH server on the loopback, with keys of its own, for the user who runs the test. */
export class SshServer {
  readonly path = mkdtempSync(join(tmpdir(), "pgkeep-sshd-"));
  readonly user = userInfo().username;
  private child: ChildProcess | undefined;

  constructor(
    readonly port: number,
    more: readonly string[] = [],
  ) {
    this.makeKey("host", "ed25519");
    this.makeKey("user", "ed25519");
    this.makeKey("locked", "rsa", "key-passphrase");
    const authorized = ["user.pub", "locked.pub"]
      .map((name) => readFileSync(join(this.path, name), "utf8"))
      .join("");
    writeFileSync(join(this.path, "authorized_keys"), authorized, { mode: 0o600 });
    const lines = [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(this.path, "host")}`,
      `AuthorizedKeysFile ${join(this.path, "authorized_keys")}`,
      `PidFile none`,
      "UsePAM no",
      "StrictModes no",
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "AcceptEnv PGKEEP_*",
      "Subsystem sftp internal-sftp",
      ...more,
    ];
    writeFileSync(join(this.path, "config"), `${lines.join("\n")}\n`);
  }

  /** The text of a key file: `user`, `locked`, `host.pub`, … */
  key(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  makeKey(name: string, type: string, passphrase = ""): void {
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-f", join(this.path, name)]);
  }

  async start(): Promise<void> {
    // The directory of the unprivileged part, which the system makes at its own start of the service.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    const log = join(this.path, "log");
    this.child = spawn("/usr/sbin/sshd", ["-D", "-f", join(this.path, "config"), "-E", log], {
      stdio: "ignore",
    });
    for (let i = 0; i < 100; i++) {
      const answers = await new Promise<boolean>((done) => {
        const socket = connect(this.port, "127.0.0.1");
        socket.once("data", () => (socket.destroy(), done(true)));
        socket.once("error", () => done(false));
      });
      if (answers) return;
      await pause(100);
    }
    throw new Error(`sshd does not answer: ${readFileSync(log, "utf8")}`);
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}
