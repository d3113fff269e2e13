import { hostname } from "node:os";
import { machines, type Host as DeclaredHost } from "../components/declaration/index.js";
import { HOST_PATHS, type PlanGuest, type RecoveryPlan } from "../components/recovery/index.js";
import { systemClock } from "./adapters/clock.js";
import { guestDatabase } from "./adapters/database.js";
import { hostFiles } from "./adapters/files.js";
import { virshGuestAgent } from "./adapters/guest-agent.js";
import { diskImages } from "./adapters/qemu-img.js";
import { localShell, sshShell, type SshAccess } from "./adapters/shell.js";
import { virshHypervisor } from "./adapters/virsh.js";
import { UsageError } from "./errors.js";
import { output, type Output } from "./output.js";
import { loadPlan } from "./plan.js";
import type { Clock, Database, DiskImages, Files, GuestAgent, Hypervisor, Shell } from "./ports/index.js";

/** Everything of one hypervisor, or of an operations host on VMware. */
export interface Host {
  readonly name: string;
  readonly declared: DeclaredHost;
  readonly shell: Shell;
  readonly files: Files;
  readonly images: DiskImages;
  /** @throws UsageError on VMware, where libvirt is not what runs guests */
  readonly hypervisor: Hypervisor;
}

/** What every job gets: the plan, the ports, and how the command was called. */
export interface Context {
  readonly plan: RecoveryPlan;
  readonly clock: Clock;
  readonly output: Output;
  readonly dryRun: boolean;
  /** A hypervisor of the plan. @throws UsageError when there is none of that name */
  host(name: string): Host;
  /** A guest of the plan. @throws UsageError when there is none of that name */
  guest(name: string): PlanGuest;
  /** The agent of a domain; by default on the host that the plan gives for the guest of that name. */
  agent(domain: string, host?: string): GuestAgent;
  /** SQL in a domain as a role mapped to the account postgres. @default role postgres */
  database(domain: string, options?: { readonly host?: string; readonly role?: string }): Database;
}

/** Options that every command takes. */
export interface GlobalOptions {
  readonly plan: string;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly now?: string | undefined;
  readonly sshKey: string;
  readonly knownHosts: string;
}

/** Reads the plan and connects the ports. Nothing is contacted yet. */
export async function createContext(options: GlobalOptions): Promise<Context> {
  const plan = await loadPlan(options.plan);
  return connect(plan, {
    clock: systemClock(parseNow(options.now)),
    output: output(options.json),
    dryRun: options.dryRun,
    access: { key: options.sshKey, knownHosts: options.knownHosts, hosts: machines(plan.environment).hosts },
  });
}

/** A context over the real adapters. */
export function connect(
  plan: RecoveryPlan,
  settings: {
    readonly clock: Clock;
    readonly output: Output;
    readonly dryRun: boolean;
    readonly access: SshAccess;
    /** Name of this machine. @default its host name */
    readonly machine?: string;
  },
): Context {
  const { clock, access, machine = hostname() } = settings;
  const hosts = new Map<string, Host>();
  const context: Context = {
    plan,
    clock,
    output: settings.output,
    dryRun: settings.dryRun,
    host(name) {
      const known = hosts.get(name);
      if (known !== undefined) return known;
      const all = machines(plan.environment).hosts;
      const declared = all.find((candidate) => candidate.name === name);
      if (declared === undefined) throw unknown("host", name, all);
      const shell = name === machine ? localShell(name, access) : sshShell(name, access);
      const hypervisor = virshHypervisor(shell);
      const host: Host = {
        name,
        declared,
        shell,
        files: hostFiles(shell),
        images: diskImages(shell),
        get hypervisor() {
          requireKvm(plan);
          return hypervisor;
        },
      };
      hosts.set(name, host);
      return host;
    },
    guest(name) {
      const guest = plan.guests.find((candidate) => candidate.name === name);
      if (guest === undefined) throw unknown("guest", name, plan.guests);
      return guest;
    },
    agent: (domain, host) => {
      requireKvm(plan);
      return virshGuestAgent(context.host(host ?? context.guest(domain).host).shell, domain, clock);
    },
    database: (domain, { host, role = "postgres" } = {}) => guestDatabase(context.agent(domain, host), role),
  };
  return context;
}

/** @throws UsageError on a platform whose guests libvirt does not run */
function requireKvm({ environment: { name, platform } }: RecoveryPlan): void {
  if (platform !== "kvm")
    throw new UsageError(
      `environment ${name} is on ${platform}, and this works through libvirt`,
      "see docs/vsphere.md for what works there",
    );
}

function unknown(kind: string, name: string, all: readonly { readonly name: string }[]): UsageError {
  return new UsageError(
    `"${name}" is not a ${kind} of the plan`,
    `one of ${all.map((item) => item.name).join(", ")}`,
  );
}

/** @throws UsageError */
export function parseNow(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(date.getTime()))
    throw new UsageError(`--now: "${text}" is not a moment`, "such as 2026-11-22T02:00:00Z");
  return date;
}

export const DEFAULTS = {
  plan: HOST_PATHS.plan,
  sshKey: HOST_PATHS.operationsKey,
  knownHosts: HOST_PATHS.knownHosts,
} as const;
