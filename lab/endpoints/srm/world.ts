import { randomUUID } from "node:crypto";
import type { Fields } from "../common/answers.js";
import { SrmRefusal } from "./answers.js";
import { Plan } from "./plan.js";
import type { Mode } from "./recovery-steps.js";
import type { Account } from "./sessions.js";
import { Tasks } from "./tasks.js";

/** Index of a site: the first one is protected until somebody turns the direction round. */
export type SiteIndex = 0 | 1;

export interface SiteOptions {
  readonly name: string;
  /** GUID of its vCenter. */
  readonly vcenter: string;
  readonly accounts: readonly Account[];
}

export interface VmOptions {
  /** Managed object id, such as `vm-80`. */
  readonly moid: string;
  readonly name: string;
  /** Device keys. @default [2000] */
  readonly disks?: readonly number[];
}

export interface WorldOptions {
  readonly sites: readonly [SiteOptions, SiteOptions];
  /** VMs of the first site. */
  readonly virtualMachines: readonly VmOptions[];
  readonly arrayPairs?: readonly { readonly id: string; readonly datastores: readonly string[] }[];
  /** Milliseconds that a task takes. @default 0 */
  readonly taskDuration?: number;
  /** Milliseconds that each step of a plan takes. @default 0 */
  readonly stepDuration?: number;
  /** Objects on a page of a list. @default 100 */
  readonly pageSize?: number;
  /** Shortest recovery point objective of vSphere Replication, in minutes. @default 5 */
  readonly minRpo?: number;
}

export interface Vm {
  readonly name: string;
  readonly moids: readonly [string, string];
  readonly disks: readonly number[];
}

export interface Group {
  readonly id: string;
  name: string;
  description: string;
  readonly type: "HBR" | "ABR";
  vms: readonly Vm[];
  arrayPair: string | null;
  datastores: readonly string[];
  protectedSite: SiteIndex;
}

/** A site-wide mapping. */
export interface Mapping {
  readonly id: string;
  readonly source: string;
  readonly target: string;
}

export const MAPPING_KINDS = ["networks", "folders", "resources", "test-networks"] as const;
export type MappingKind = (typeof MAPPING_KINDS)[number];

export interface Site {
  readonly name: string;
  readonly vcenter: string;
  readonly accounts: readonly Account[];
  readonly srmId: string;
  readonly mappings: Record<MappingKind, Mapping[]>;
  up: boolean;
}

export interface Replication {
  readonly id: string;
  readonly vm: Vm;
  spec: Fields;
}

/** Two paired sites, with everything that SRM and vSphere Replication know of them. */
export class World {
  readonly pairing = randomUUID();
  readonly replicationPairing = randomUUID();
  readonly sites: readonly [Site, Site];
  private readonly inventory: Vm[];
  readonly tasks = new Tasks();
  readonly groups = new Map<string, Group>();
  readonly plans = new Map<string, Plan>();
  readonly replications = new Map<string, Replication>();
  private failingSteps: {
    readonly mode: Mode;
    readonly title: RegExp;
    readonly message: string;
    left: number;
  }[] = [];
  private runs = 0;

  constructor(readonly options: WorldOptions) {
    const site = ({ name, vcenter, accounts }: SiteOptions): Site => ({
      name,
      vcenter,
      accounts,
      srmId: randomUUID(),
      mappings: { networks: [], folders: [], resources: [], "test-networks": [] },
      up: true,
    });
    this.sites = [site(options.sites[0]), site(options.sites[1])];
    this.inventory = options.virtualMachines.map(vmOf);
  }

  get vms(): readonly Vm[] {
    return this.inventory;
  }

  /** A VM that the first site's vCenter has got. */
  add(vm: VmOptions): void {
    this.remove(vm.moid);
    this.inventory.push(vmOf(vm));
  }

  /** A VM that is gone there. */
  remove(moid: string): void {
    const found = this.inventory.findIndex(({ moids }) => moids[0] === moid);
    if (found >= 0) this.inventory.splice(found, 1);
  }

  /** Lets the next steps with this title fail. */
  failStep(mode: Mode, title: RegExp, message: string, times = 1): void {
    this.failingSteps.push({ mode, title, message, left: times });
  }

  /** Does what has come due. */
  settle(now = Date.now()): void {
    this.tasks.settle(now);
    for (const plan of this.plans.values()) {
      const { run } = plan;
      if (run === undefined || run.finished !== undefined) continue;
      const ended = plan.advance(now);
      this.tasks.progress(run.options.task, run.progress);
      if (!ended) continue;
      const errors = run.errors();
      const failed = errors.length > 0 && run.stopped;
      this.tasks.end(
        run.options.task,
        now,
        failed ? { message: "The recovery plan did not complete", details: errors.join("; ") } : undefined,
      );
      if (run.options.mode === "reprotect" && !failed) this.turn(plan);
    }
  }

  /** SRM restarts in the middle of everything. */
  interrupt(): void {
    this.settle();
    for (const plan of this.plans.values()) {
      const task = plan.run?.finished === undefined ? plan.run?.options.task : undefined;
      plan.interrupt(Date.now());
      if (task !== undefined) this.tasks.end(task, Date.now(), { message: "The server was restarted" });
    }
  }

  /** A site goes away or comes back. */
  setUp(site: SiteIndex, up: boolean): void {
    this.settle();
    this.sites[site].up = up;
    if (this.sites.every((one) => one.up)) for (const plan of this.plans.values()) plan.reconnect();
  }

  statusOf(plan: Plan): string {
    const inUse = plan.status === "READY_STATE" && this.othersRunning(plan);
    return inUse ? "PROTECTION_GROUPS_IN_USE" : plan.status;
  }

  /** Starts a workflow; gives the id of its task. */
  run(plan: Plan, mode: Mode, user: string, body: Fields): string {
    const task = this.tasks.start({ description: `${mode} of ${plan.name}`, entity: plan.id });
    const planned = body["planned_failover"] === true;
    try {
      plan.start(this.statusOf(plan), {
        mode,
        user,
        key: ++this.runs,
        task,
        stepDuration: this.options.stepDuration ?? 0,
        tolerant: mode === "test" || body["forced"] === true,
        disaster: mode === "recovery" && !planned,
        protectedSiteUp: () => this.sites[plan.protectedSite].up,
        failure: (title) => this.failureOf(mode, title),
      });
    } catch (error) {
      this.tasks.end(task, Date.now(), { message: "It was not started" });
      throw error;
    }
    return task;
  }

  vmsOf(plan: Plan): { readonly vm: Vm; readonly group: Group }[] {
    return plan.groups.flatMap((id) => {
      const group = this.groups.get(id);
      return group === undefined ? [] : group.vms.map((vm) => ({ vm, group }));
    });
  }

  /** The id that a VM has at a site, such as `VirtualMachine:vm-80:<guid>`. */
  vmId(vm: Vm, site: SiteIndex): string {
    return `VirtualMachine:${vm.moids[site]}:${this.sites[site].vcenter}`;
  }

  findVm(id: string): Vm | undefined {
    return this.vms.find((vm) => this.vmId(vm, 0) === id || this.vmId(vm, 1) === id);
  }

  siteOf(vcenter: unknown): SiteIndex {
    const index = this.sites.findIndex((site) => site.vcenter === vcenter);
    if (index !== 0 && index !== 1)
      throw new SrmRefusal(400, `${String(vcenter)} is not a vCenter of this pairing`);
    return index;
  }

  /** A task whose work is done when its time is over. */
  task(description: string, work: () => unknown, entity?: string): string {
    const duration = this.options.taskDuration ?? 0;
    return this.tasks.start({ description, work, duration, ...(entity === undefined ? {} : { entity }) });
  }

  private othersRunning(plan: Plan): boolean {
    return [...this.plans.values()].some(
      (other) =>
        other !== plan &&
        (other.running || other.status === "TEST_COMPLETE") &&
        other.groups.some((id) => plan.groups.includes(id)),
    );
  }

  private failureOf(mode: Mode, title: string): string | undefined {
    const found = this.failingSteps.find((one) => one.left > 0 && one.mode === mode && one.title.test(title));
    if (found === undefined) return undefined;
    found.left--;
    return found.message;
  }

  private turn(plan: Plan): void {
    for (const { group } of this.vmsOf(plan)) group.protectedSite = plan.protectedSite;
  }
}

function vmOf({ name, moid, disks = [2000] }: VmOptions): Vm {
  return { name, moids: [moid, `${moid}-recovered`], disks };
}
