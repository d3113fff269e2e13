import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvironment, type KvmEnvironmentInput } from "../../../components/declaration/index.js";
import { GUEST_PATHS } from "../../../components/postgres/layout.js";
import { FENCE, recoveryPlan, type RecoveryPlan } from "../../../components/recovery/index.js";
import type { Context, Host } from "../../../operations/context.js";
import { HostUnreachableError, type GuestAgent, type Hypervisor } from "../../../operations/ports/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

/** What a member of the fake cluster is. */
export interface Member {
  role: "primary" | "standby" | "down";
  /** Bytes of WAL received. */
  received: number;
  timeline: number;
  machine: "running" | "shut off" | "absent";
  fenced: boolean;
  /** False when its hypervisor does not answer. */
  reachable: boolean;
}

const HEALTHY = { received: 100, timeline: 1, machine: "running", fenced: false, reachable: true } as const;

/** A cluster that exists in memory: what servers, etcd, Patroni and hypervisors would say. Time passes only while somebody waits. */
export class World {
  readonly members = new Map<string, Member>();
  readonly lines: string[] = [];
  /** What was done, in order. */
  readonly deeds: string[] = [];
  readonly plan: RecoveryPlan;
  readonly directory = mkdtempSync(join(tmpdir(), "pgkeep-world-"));
  leader: string | undefined = "pg-a1";
  sync = { leader: "pg-a1", sync_standby: "pg-b1", quorum: 0 };
  paused = false;
  /** What pgkeep-reconcile waits for. */
  waiting: string[] = [];
  /** False when Patroni accepts a failover and nobody becomes primary. */
  promotes = true;
  /** True when a promotion powers off the primary before, as when that answers too late. */
  fencesOnPromotion = false;
  /** Called before each look at a member, with the seconds that have passed. */
  happens: (seconds: number) => void = () => undefined;
  private seconds = 0;

  constructor(change: (input: KvmEnvironmentInput) => void = () => undefined) {
    const input = kvmEnvironment();
    change(input);
    this.plan = recoveryPlan(parseEnvironment(input));
    for (const { name, kind } of this.plan.guests)
      if (kind === "member")
        this.members.set(name, { ...HEALTHY, role: name === "pg-a1" ? "primary" : "standby" });
  }

  get evidence(): string {
    return join(this.directory, "evidence.jsonl");
  }

  member(name: string): Member {
    const found = this.members.get(name);
    if (found === undefined) throw new Error(`no member ${name}`);
    return found;
  }

  /** The machine of a member dies, and its lease runs out. */
  lose(name: string): void {
    Object.assign(this.member(name), { role: "down", machine: "shut off" });
    this.leader = undefined;
  }

  get primary(): string | undefined {
    return [...this.members].find(([, { role }]) => role === "primary")?.[0];
  }

  private promote(name: string): void {
    for (const member of this.members.values())
      if (member.role === "primary") {
        member.role = "standby";
        if (this.fencesOnPromotion)
          Object.assign(member, { role: "down", machine: "shut off", fenced: true });
      }
    Object.assign(this.member(name), { role: "primary", timeline: this.member(name).timeline + 1 });
    this.leader = name;
  }

  private rows(name: string, sql: string): string[][] {
    const { role, timeline, received } = this.member(name);
    if (role === "down") throw new Error("the guest agent does not answer");
    if (sql.includes("pg_stat_replication"))
      return [...this.members]
        .filter(([, member]) => member.role === "standby")
        .map(([standby]) => [standby, "streaming", "sync", "0"]);
    const standby = role === "standby";
    return [[standby ? "t" : "f", String(timeline), "7", "0", standby ? "streaming" : "", String(received)]];
  }

  private run(name: string, argv: readonly string[]): string {
    if (this.member(name).role === "down") throw new Error(`${name} does not answer`);
    const text = argv.join(" ");
    if (argv[0] === "etcdctl") {
      const encode = (value: string): string => Buffer.from(value).toString("base64");
      const keys = { leader: this.leader ?? "", sync: JSON.stringify(this.sync) };
      const kvs = Object.entries(keys).map(([key, value]) => ({
        key: encode(`/pgkeep/orders/${key}`),
        value: encode(value),
      }));
      return JSON.stringify({ kvs });
    }
    if (argv[0] === GUEST_PATHS.reconcile) {
      this.deeds.push(`reconcile ${name}`);
      const role = this.member(name).role === "primary" ? "primary" : "replica";
      return JSON.stringify({ role, roles: role === "primary" ? "current" : null, waiting: this.waiting });
    }
    const candidate = /--candidate (\S+)/.exec(text)?.[1];
    this.deeds.push(`${argv[3] ?? argv[0] ?? ""} ${candidate ?? argv.at(-1) ?? ""}`);
    if (argv[3] === "resume") this.paused = false;
    if (candidate !== undefined && this.promotes) this.promote(candidate);
    return "done";
  }

  private hypervisor(host: string): Hypervisor {
    const of = (name: string): Member => {
      const member = this.member(name);
      if (!member.reachable) throw new HostUnreachableError(host, "no route");
      return member;
    };
    const defined = (name: string): Member => {
      const member = of(name);
      if (member.machine === "absent") throw new Error(`failed to get domain ${name}`);
      return member;
    };
    const parts: Partial<Hypervisor> = {
      state: async (name) => Promise.resolve(of(name).machine),
      destroy: async (name) => {
        const member = of(name);
        this.deeds.push(`destroy ${name}`);
        if (member.machine === "running") Object.assign(member, { machine: "shut off", role: "down" });
        return Promise.resolve();
      },
      start: async (name) => {
        const member = defined(name);
        if (member.fenced) throw new Error(`domain ${name} is fenced`);
        this.deeds.push(`start ${name}`);
        member.machine = "running";
        if (!this.paused) this.joins(name);
        return Promise.resolve();
      },
      autostart: async (name) => Promise.resolve(void defined(name)),
      metadata: async (name) => Promise.resolve(defined(name).fenced ? FENCE.mark : undefined),
      setMetadata: async (name, _, xml) => {
        defined(name).fenced = xml !== undefined;
        this.deeds.push(`${xml === undefined ? "unmark" : "mark"} ${name}`);
        return Promise.resolve();
      },
    };
    return parts as Hypervisor;
  }

  /** A started member takes the lease when nobody has it, as Patroni lets the last primary do. */
  private joins(name: string): void {
    if (this.leader === undefined) this.promote(name);
    else this.member(name).role = "standby";
  }

  get context(): Context {
    const { plan, lines } = this;
    const say = (text: string): void => void lines.push(text);
    const guest = (name: string): RecoveryPlan["guests"][number] => {
      const found = plan.guests.find((candidate) => candidate.name === name);
      if (found === undefined) throw new Error(`no guest ${name}`);
      return found;
    };
    const agent = (name: string): GuestAgent => {
      const parts: Partial<GuestAgent> = {
        domain: name,
        run: async (argv) => Promise.resolve({ code: 0, stdout: this.run(name, argv), stderr: "" }),
      };
      return parts as GuestAgent;
    };
    return {
      plan,
      clock: {
        now: () => new Date(Date.UTC(2031, 0, 1) + this.seconds * 1000),
        monotonic: () => this.seconds,
        sleep: async (seconds) => {
          this.seconds += seconds;
          return Promise.resolve();
        },
      },
      output: {
        ...{ step: say, info: say, warn: say, progress: () => undefined },
        result: (_, text) => say(text),
      },
      dryRun: false,
      guest,
      host: (name) => ({ name, hypervisor: this.hypervisor(name) }) as unknown as Host,
      agent,
      database: (name) => ({
        query: async (sql) => {
          this.happens(this.seconds);
          return Promise.resolve(this.rows(name, sql));
        },
      }),
    };
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Four members, the second of each site without a part in confirming commits. */
export function four(mode: "sync" | "quorum" | "async"): (input: KvmEnvironmentInput) => void {
  return (input) => {
    input.replication.mode = mode;
    if (mode === "async") input.objectives.rpo = "5 min";
    for (const [index, guest] of ["pg-a2", "pg-b2"].entries()) {
      const octet = 104 + index;
      input.cluster.members.push({ name: guest, site: guest.charAt(3) });
      input.kvm.addresses.push({
        guest,
        ...{ management: `10.77.0.${octet}`, client: `10.77.1.${octet}`, replication: `10.77.2.${octet}` },
      });
    }
    input.capacity = { site: "b", cpus: 16, memory: "64 GiB" };
  };
}
