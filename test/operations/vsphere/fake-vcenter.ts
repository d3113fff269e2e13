import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { CHECKPOINT_INFO } from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Context, Host } from "../../../operations/context.js";
import { EvidenceStore, type EvidenceRecord } from "../../../operations/evidence/index.js";
import { copyName } from "../../../operations/jobs/copy-name.js";
import {
  vmJob,
  vmSnapshot,
  vmTarget,
  type VmSnapshotResult,
} from "../../../operations/jobs/vsphere-snapshot/index.js";
import { describeSnapshot, ownerOf } from "../../../operations/jobs/vsphere-snapshot/ownership.js";
import type {
  Datastore,
  VCenter,
  VirtualMachine,
  VmDisk,
  VmSnapshot,
  VmTask,
} from "../../../operations/ports/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

/** Where the guest's server stands. */
export const POSITION = {
  systemIdentifier: "7710948052182392866",
  timeline: 1,
  inRecovery: false,
  lsn: "0/3000148",
  moment: "2031-01-10T02:00:01.000Z",
};

export const GIB = 1024 ** 3;

/** A disk as most are. */
export function disk(key: number, changes: Partial<VmDisk> = {}): VmDisk {
  return {
    key,
    label: `Hard disk ${key - 1999}`,
    file: `[ds] pg-a1/pg-a1_${key}.vmdk`,
    datastore: "Datastore:datastore-1",
    mode: "persistent",
    shared: false,
    passthrough: false,
    capacity: 100 * GIB,
    depth: 0,
    ...changes,
  };
}

/** One VM in a vCenter that lives in memory, and a context for the job on it. */
export class FakeVCenter implements VCenter {
  readonly server = "vcenter-a.example.org";
  readonly directory = mkdtempSync(join(tmpdir(), "pgkeep-vsphere-"));
  readonly warnings: string[] = [];
  /** What was asked for, in order. */
  readonly calls: string[] = [];
  now_ = new Date("2031-01-10T02:00:00Z");
  /** Seconds by which this vCenter's clock is ahead. */
  ahead = 0;
  /** Tools run, and freeze what they are asked to freeze. */
  quiesces = true;
  gone = false;
  /** Each look at the tasks takes one list; then there are none. */
  pending: VmTask[][] = [];
  store: Datastore = {
    reference: "Datastore:datastore-1",
    name: "ds",
    capacity: 1000 * GIB,
    free: 500 * GIB,
    accessible: true,
  };
  machineNow: Omit<VirtualMachine, "snapshots"> = {
    reference: "VirtualMachine:vm-7",
    name: "pg-a1",
    instanceUuid: "5000c29a-0000-4000-8000-000000000001",
    power: "poweredOn",
    tools: true,
    consolidationNeeded: false,
    disks: [disk(2000), disk(2001), disk(2002)],
    depth: 0,
  };
  snapshots: VmSnapshot[] = [];
  readonly shown = new Map<string, readonly VmDisk[]>();
  onRemove: (id: string) => void = () => undefined;
  onCreate: () => void = () => undefined;
  quiesce = true;
  /** What the guest tells when Tools freeze it; undefined when it tells nothing. */
  tells: string | undefined = JSON.stringify(POSITION);
  private readonly told = new Map<string, string>();
  private serial = 100;

  /** A snapshot of ours, as a run at that moment would have left it. */
  own(moment: string, changes: Partial<VmSnapshot> = {}): VmSnapshot {
    const time = new Date(moment);
    const owner = ownerOf("test-kvm", "pg-a1", this.machineNow);
    return this.put({
      name: `pgkeep-${copyName(time)}`,
      description: describeSnapshot(owner, this.machineNow, true),
      created: time.getTime(),
      quiesced: true,
      ...changes,
    });
  }

  put(given: Partial<VmSnapshot>): VmSnapshot {
    this.serial += 1;
    const plain = { name: "", description: "", created: 0, quiesced: false, memory: false };
    const made = { ...plain, ...given, id: `snapshot-${this.serial}` };
    this.snapshots.push(made);
    this.shown.set(made.id, this.machineNow.disks);
    return made;
  }

  get newest(): VmSnapshot {
    const found = this.snapshots.at(-1);
    if (found === undefined) throw new Error("there is no snapshot");
    return found;
  }

  /** What the newest snapshot has in it. */
  shows(disks: readonly VmDisk[]): void {
    this.shown.set(this.newest.id, disks);
  }

  now(): Promise<Date> {
    return Promise.resolve(new Date(this.now_.getTime() + this.ahead * 1000));
  }

  machine(): Promise<VirtualMachine | undefined> {
    const { snapshots } = this;
    if (this.gone) return Promise.resolve(undefined);
    const depth = Math.max(this.machineNow.depth, snapshots.length);
    return Promise.resolve({ ...this.machineNow, depth, snapshots: [...snapshots] });
  }

  datastore(): Promise<Datastore> {
    return Promise.resolve(this.store);
  }

  tasks(): Promise<readonly VmTask[]> {
    return Promise.resolve(this.pending.shift() ?? []);
  }

  snapshotDisks(id: string): Promise<readonly VmDisk[]> {
    return Promise.resolve(this.shown.get(id) ?? []);
  }

  variable(_machine: string, key: string): Promise<string | undefined> {
    return Promise.resolve(this.told.get(key));
  }

  createSnapshot(
    machine: string,
    { name, description, quiesce }: { name: string; description: string; quiesce: boolean },
  ): Promise<void> {
    this.calls.push(`create ${machine} ${name} quiesce=${quiesce}`);
    const created = this.now_.getTime() + this.ahead * 1000;
    this.put({ name, description, created, quiesced: quiesce && this.quiesces });
    if (quiesce && this.tells !== undefined) this.told.set(CHECKPOINT_INFO, this.tells);
    this.onCreate();
    return Promise.resolve();
  }

  removeSnapshot(machine: string, id: string): Promise<void> {
    this.calls.push(`remove ${machine} ${id}`);
    this.snapshots = this.snapshots.filter((snapshot) => snapshot.id !== id);
    this.onRemove(id);
    return Promise.resolve();
  }

  get evidence(): string {
    return join(this.directory, "evidence.jsonl");
  }

  get records(): readonly EvidenceRecord[] {
    return new EvidenceStore(this.evidence).read().records;
  }

  get context(): Context {
    const input = kvmEnvironment();
    input.backup.vmSnapshot = { quiesce: this.quiesce, retention: { age: "7 d", count: 3 } };
    const plan = recoveryPlan(parseEnvironment(input));
    const guests = plan.guests.map((guest) => ({
      ...guest,
      vm: { vcenter: this.server, path: `/dc/vm/${guest.name}` },
    }));
    const say = (): void => undefined;
    // Nobody else works on this host, and its locks are not this machine's.
    const hold = (): Promise<{ release: () => Promise<void> }> =>
      Promise.resolve({ release: () => Promise.resolve() });
    const files = { makeDirectory: () => Promise.resolve() };
    let seconds = 0;
    const context: Partial<Context> = {
      plan: { ...plan, guests },
      dryRun: false,
      clock: {
        now: () => this.now_,
        monotonic: () => seconds,
        sleep: (pause) => Promise.resolve(void (seconds += pause)),
      },
      output: {
        ...{ step: say, info: say, progress: say, result: say },
        warn: (text) => void this.warnings.push(text),
      },
      host: () => ({ name: "host-a", shell: { hold }, files }) as unknown as Host,
    };
    return context as Context;
  }

  /** Runs the job. */
  run(): Promise<VmSnapshotResult> {
    return vmSnapshot(this.job(), { evidence: this.evidence });
  }

  job(): ReturnType<typeof vmJob> {
    const { context } = this;
    const [guest] = context.plan.guests;
    const target = guest === undefined ? undefined : vmTarget(guest);
    if (target === undefined) throw new Error("the fixture has no VM");
    return vmJob(context, target, this);
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
