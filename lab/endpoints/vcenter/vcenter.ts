import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createAuthority } from "../../../operations/secrets/authority.js";

/** How a simulated vCenter Server is started. */
export interface VCenterOptions {
  /** Name of the site, in messages. */
  readonly site: string;
  /** The program vcenter-simulator. */
  readonly program: string;
  /** Without a domain: the simulator's directory puts it into vsphere.local, and takes it with and without. */
  readonly user: string;
  readonly password: string;
  /** Size of the inventory: flags of vcsim without the dash, such as `{ vm: 2 }`. @default one cluster of one host, one VM */
  readonly inventory?: Readonly<Record<string, number>>;
  /** Milliseconds that tasks take, by vSphere's name, such as `{ CreateSnapshotEx: 1500 }`. @default none */
  readonly taskDelays?: Readonly<Record<string, number>>;
  /** What its clock shows at the start. @default this machine's time */
  readonly now?: Date;
  /** Where it listens, on a free port; its certificate is for it. @default "127.0.0.1" */
  readonly address?: string;
  /**
   * Called with each VM that is made, changes its power state, is removed, or is to be frozen: a quiesced snapshot waits, 90 s at most, until
   * the VM's `pgkeep.lab.frozen` has another value. @default nobody; nothing is waited for
   */
  readonly onVm?: (notice: VmNotice) => void;
}

/** What becomes of a VM. */
export interface VmNotice {
  /** Managed object id. */
  readonly id: string;
  readonly power: "poweredOn" | "poweredOff" | "suspended" | "removed";
  readonly name?: string;
  /** BIOS UUID. */
  readonly uuid?: string;
  readonly instanceUuid?: string;
  readonly template?: boolean;
  /** Its guest is to be frozen for a snapshot. */
  readonly freeze?: boolean;
  readonly extraConfig?: Readonly<Record<string, string>>;
  readonly disks?: readonly { readonly label: string; readonly uuid: string; readonly bytes: number }[];
}

/** Milliseconds until it must listen. A loaded machine takes its time. */
const START_TIMEOUT = 120_000;

const INVENTORY = { dc: 1, cluster: 1, host: 1, "standalone-host": 0, ds: 1, vm: 1, pg: 1 };

/**
 * A vCenter Server of the govmomi simulator over TLS, on a free port, with an account and a clock that can be set.
 * Its files are readable by this user alone and go with it. Whoever starts it stops it.
 */
export class SimulatedVCenter {
  private constructor(
    readonly site: string,
    /** Process id. */
    readonly pid: number,
    /** Name and port, as clients write it. */
    readonly server: string,
    private readonly directory: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(options: VCenterOptions): Promise<SimulatedVCenter> {
    const { site, program, user, password, now = new Date(), address = "127.0.0.1", onVm } = options;
    const directory = mkdtempSync(join(tmpdir(), `pgkeep-vcenter-${site}-`));
    try {
      const authority = await createAuthority(`vcenter-${site}`, new Date());
      const { certificate, key } = await authority.issue({
        commonName: `vcenter-${site}`,
        dnsNames: ["localhost"],
        addresses: [address],
      });
      const place = (name: string): string => join(directory, name);
      mkdirSync(place("work"));
      const files = {
        "authority.pem": authority.certificate,
        "certificate.pem": certificate,
        "key.pem": key,
      };
      for (const [name, text] of Object.entries({ ...files, user, password }))
        writeFileSync(place(name), text, { mode: 0o600 });
      writeClock(directory, now);
      const counts = Object.entries({ ...INVENTORY, ...options.inventory });
      const delays = Object.entries(options.taskDelays ?? {}).map(([name, time]) => `${name}:${time}`);
      const child = spawn(
        program,
        [
          ...["-l", `${address}:0`, "-username", user, "-password-file", place("password")],
          ...["-tlscert", place("certificate.pem"), "-tlskey", place("key.pem"), "-clock", place("clock")],
          ...(onVm === undefined ? [] : ["-tell-vms"]),
          ...(delays.length === 0 ? [] : ["-task-delay", delays.join(",")]),
          ...counts.flatMap(([name, count]) => [`-${name}`, String(count)]),
        ],
        // It keeps the files of its datastores where the temporary ones go.
        { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TMPDIR: place("work") } },
      );
      const server = await listening(child, site, onVm);
      return new SimulatedVCenter(site, child.pid ?? 0, server, directory, child);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** PEM file of the authority to trust. */
  get authorities(): string {
    return join(this.directory, "authority.pem");
  }

  /** Files with the account, as govc reads them. */
  get account(): { readonly user: string; readonly password: string } {
    return { user: join(this.directory, "user"), password: join(this.directory, "password") };
  }

  /** Sets its clock, which runs on from there. */
  setClock(now: Date): void {
    writeClock(this.directory, now);
  }

  /** Ends the process and removes its files. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise<void>((done) => this.child.once("exit", () => done()));
      const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
      this.child.kill("SIGTERM");
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Whole or not at all: the simulator may be reading it. */
function writeClock(directory: string, now: Date): void {
  const file = join(directory, "clock");
  writeFileSync(`${file}.new`, `${now.toISOString()}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The address that it prints when it is ready. */
function listening(child: ChildProcess, site: string, onVm: VCenterOptions["onVm"]): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string): void => {
      child.kill("SIGKILL");
      reject(new Error(`the simulated vCenter of site ${site} ${why}: ${said.trim().slice(-500)}`));
    };
    const timer = setTimeout(() => fail(`does not listen after ${START_TIMEOUT / 1000} s`), START_TIMEOUT);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    const early = (): void => {
      clearTimeout(timer);
      fail("ended at once");
    };
    child.once("close", early);
    if (child.stdout !== null)
      createInterface(child.stdout).on("line", (line) => {
        const notice = /^vm (\{.*\})$/.exec(line)?.[1];
        if (notice !== undefined) onVm?.(JSON.parse(notice) as VmNotice);
        const address = /^listening on (\S+)$/.exec(line)?.[1];
        if (address === undefined) return;
        clearTimeout(timer);
        child.removeListener("close", early);
        resolve(address);
      });
  });
}
