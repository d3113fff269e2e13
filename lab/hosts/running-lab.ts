import { spawn } from "node:child_process";
import { type ProcessIdentity } from "../processes.js";
import { type Outcome } from "../subprocess.js";
import { type Acceleration, domainType } from "./acceleration.js";
import { tsigKeyPath } from "./dns.js";
import { killGuest, restartLibvirt } from "./hypervisor.js";
import { enter, mustEnter, nodeEnvironment, type NodeRunOptions } from "./namespaces.js";
import { ipBatch, siteLinkLines } from "./network.js";
import { sshFiles } from "./ssh.js";
import { holderOf, type LabRecord } from "./state.js";
import { addressOf, type HypervisorName, HYPERVISORS, type NodeName, type Site } from "./topology.js";

/** A running lab. */
export class Lab {
  constructor(private readonly record: LabRecord) {}

  get name(): string {
    return this.record.name;
  }
  get dir(): string {
    return this.record.dir;
  }
  get acceleration(): Acceleration {
    return this.record.acceleration;
  }
  /** `type` of a libvirt domain here. */
  get domainType(): "kvm" | "qemu" {
    return domainType(this.record.acceleration);
  }
  get privateKey(): string {
    return sshFiles(this.dir).privateKey;
  }
  get knownHosts(): string {
    return sshFiles(this.dir).knownHosts;
  }
  get tsigKey(): string {
    return tsigKeyPath(this.dir);
  }

  /** pid and start time of the process that holds a node. */
  holder(node: NodeName): ProcessIdentity {
    const holder = holderOf(this.record, node);
    if (!holder) throw new Error(`node ${node} of lab ${this.name} is not running: start it with "hosts-up"`);
    return holder;
  }

  /** Runs a command on a node and returns its outcome, whatever it is. */
  execIn(node: NodeName, command: readonly string[], options: NodeRunOptions = {}): Promise<Outcome> {
    return enter(this.holder(node), command, { ...options, node });
  }

  /** Runs a command on a node; a non-zero exit is an error. Returns its standard output. */
  mustExecIn(node: NodeName, command: readonly string[], options: NodeRunOptions = {}): Promise<string> {
    return mustEnter(this.holder(node), command, { ...options, node });
  }

  /** Words to put before a command to run it on a node, for programs that are started otherwise. */
  prefix(node: NodeName): string[] {
    return ["nsenter", "-t", String(this.holder(node).pid), "-m", "-n", "-u", "-p", "--"];
  }

  /** Runs a command on a node with our own input and output, as at a terminal. Returns its exit code. */
  attach(node: NodeName, command: readonly string[]): Promise<number> {
    const [program = "", ...before] = this.prefix(node);
    const child = spawn(program, [...before, ...command], {
      stdio: "inherit",
      env: nodeEnvironment(process.env),
    });
    return new Promise((done, failed) => {
      child.once("error", failed);
      child.once("close", (code, signal) => done(code ?? (signal ? 130 : 1)));
    });
  }

  /** What a person wants to know about the running lab. No secrets: keys are named by their path. */
  async describe(): Promise<Record<string, unknown>> {
    const guests: Record<string, string[]> = {};
    for (const host of HYPERVISORS) {
      const listed = await this.execIn(host, ["virsh", "-q", "list", "--all"], { timeoutMs: 20_000 });
      guests[host] = listed.stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => line.trim().replace(/\s+/g, " "));
    }
    const uris = Object.fromEntries(HYPERVISORS.map((host) => [host, this.hostUri(host)]));
    const { name, dir, acceleration, privateKey, knownHosts, tsigKey } = this;
    return { name, dir, acceleration, uris, privateKey, knownHosts, tsigKey, guests };
  }

  /** Disconnects a site from all others: its hosts and guests still reach each other. */
  async cutSite(site: Site): Promise<void> {
    await ipBatch(this.holder("wan").pid, siteLinkLines(site, false));
  }

  async healSite(site: Site): Promise<void> {
    await ipBatch(this.holder("wan").pid, siteLinkLines(site, true));
  }

  /** Power loss of one guest. False when it was not running. */
  killDomain(node: HypervisorName, domain: string): Promise<boolean> {
    return killGuest(this.holder(node), node, domain);
  }

  restartLibvirt(node: HypervisorName): Promise<void> {
    return restartLibvirt(this.holder(node), node);
  }

  /**
   * Connection address of a hypervisor as seen from the workstation. The engine's libvirt plugin names
   * its parameters differently from virsh.
   */
  hostUri(node: HypervisorName, reader: "virsh" | "plugin" = "virsh"): string {
    const base = `qemu+ssh://root@${addressOf(node, "management")}/system`;
    const key = encodeURIComponent(this.privateKey);
    const hosts = encodeURIComponent(this.knownHosts);
    return reader === "virsh"
      ? `${base}?keyfile=${key}&known_hosts=${hosts}`
      : `${base}?keyfile=${key}&knownhosts=${hosts}&sshauth=privkey`;
  }
}
