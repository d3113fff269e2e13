import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { systemClock } from "../../../operations/adapters/clock.js";
import { govcVCenter } from "../../../operations/adapters/govc-vcenter.js";
import { localShell } from "../../../operations/adapters/shell.js";
import type { Context } from "../../../operations/context.js";
import { EvidenceStore, type EvidenceRecord } from "../../../operations/evidence/index.js";
import { vmJob, type VmTarget } from "../../../operations/jobs/vsphere-snapshot/index.js";
import type { VCenter, VmSnapshot } from "../../../operations/ports/index.js";
import type { SimulatedVCenter, VCenterPrograms } from "../../../lab/endpoints/vcenter/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";
import { quietOutput, unlocked } from "../drills/context.js";

const execute = promisify(execFile);

/** The simulator's own name of its first VM. */
export const VM = "/DC0/vm/DC0_C0_RP0_VM0";

/** How a process finds a vCenter: everything a run needs, as JSON. */
export interface Connection {
  readonly server: string;
  readonly authorities: string;
  readonly account: { readonly user: string; readonly password: string };
  readonly evidence: string;
  /** ISO 8601; the machine's clock when left out. */
  readonly now?: string | undefined;
}

/** Age beyond 6.5 days goes, three good ones stay: a daily run leaves seven. */
const RETENTION = { age: "156 h", count: 3 };
export const KEPT = 7;

/** The job on the VM of a site, over the real govc. Locks are free. */
export function jobOf(
  { server, authorities, account, now }: Connection,
  lines: string[] = [],
): ReturnType<typeof vmJob> {
  const input = kvmEnvironment();
  input.backup.vmSnapshot = { retention: RETENTION };
  const plan = recoveryPlan(parseEnvironment(input));
  const [guest] = plan.guests;
  assert.ok(guest !== undefined);
  const context: Partial<Context> = {
    plan,
    clock: systemClock(now === undefined ? undefined : new Date(now)),
    output: quietOutput(lines),
    dryRun: false,
    host: (name) => unlocked(name) as ReturnType<Context["host"]>,
  };
  const target: VmTarget = { guest, server, path: VM };
  return vmJob(context as Context, target, connect({ server, authorities, account }));
}

function connect(access: Pick<Connection, "server" | "authorities" | "account">): VCenter {
  return govcVCenter(localShell("here", { key: "", knownHosts: "", hosts: [] }), access);
}

/** A vCenter of the laboratory as a test uses it. */
export class Site {
  private readonly directory = mkdtempSync(join(tmpdir(), "pgkeep-vcenter-test-"));
  readonly vcenter: VCenter;

  constructor(
    readonly simulated: SimulatedVCenter,
    private readonly programs: VCenterPrograms,
  ) {
    const path = process.env["PATH"] ?? "";
    const own = dirname(programs.govc);
    if (!path.startsWith(own)) process.env["PATH"] = `${own}:${path}`;
    this.vcenter = connect(this.connection());
  }

  connection(now?: Date): Connection {
    const { server, authorities, account } = this.simulated;
    const evidence = join(this.directory, "evidence.jsonl");
    return { server, authorities, account, evidence, now: now?.toISOString() };
  }

  get records(): readonly EvidenceRecord[] {
    return new EvidenceStore(this.connection().evidence).read().records;
  }

  /** govc beside pgkeep: what other people do. */
  async govc(...args: readonly string[]): Promise<string> {
    const { server, authorities, account } = this.simulated;
    const env = {
      ...process.env,
      GOVC_URL: `https://${server}/sdk`,
      GOVC_USERNAME: account.user,
      GOVC_PASSWORD: account.password,
      GOVC_TLS_CA_CERTS: authorities,
      GOVC_PERSIST_SESSION: "false",
    };
    return (await execute(this.programs.govc, [...args], { env })).stdout;
  }

  /** Two more disks, as the plan has three, and Tools that run. */
  async prepare(): Promise<void> {
    for (const name of ["data", "wal"])
      await this.govc("vm.disk.create", "-vm", VM, "-name", `DC0_C0_RP0_VM0/${name}`, "-size", "1G");
    await this.tools("guestToolsRunning");
  }

  /** A variable of the VM, as its guest sets it. */
  async set(key: string, value: string): Promise<void> {
    await this.govc("vm.change", "-vm", VM, "-e", `${key}=${value}`);
  }

  async tools(status: "guestToolsRunning" | "guestToolsNotRunning"): Promise<void> {
    await this.govc("vm.change", "-vm", VM, "-e", `SET.guest.toolsRunningStatus=${status}`);
  }

  /** Lets Tools ignore, or do again, what they are asked to freeze. */
  async quiescing(on: boolean): Promise<void> {
    await this.govc("vm.change", "-vm", VM, "-e", `pgkeep.lab.quiesce=${on ? "works" : "ignored"}`);
  }

  async foreign(name: string, description: string): Promise<void> {
    await this.govc("snapshot.create", "-vm", VM, "-m=false", "-d", description, name);
  }

  async snapshots(): Promise<readonly VmSnapshot[]> {
    return (await this.vcenter.machine(VM))?.snapshots ?? [];
  }

  async names(): Promise<readonly string[]> {
    return (await this.snapshots()).map(({ name }) => name).sort();
  }

  /** The days in the names of ours, such as 20310101, in order. */
  async days(): Promise<readonly string[]> {
    const days = (await this.names()).map((name) => /^pgkeep-(\d{8})T/.exec(name)?.[1]);
    return days.filter((day) => day !== undefined);
  }

  async clear(): Promise<void> {
    await this.govc("snapshot.remove", "-vm", VM, "*").catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.simulated.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
