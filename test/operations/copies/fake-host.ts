import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kvmOf, parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { hostFiles } from "../../../operations/adapters/files.js";
import { localShell } from "../../../operations/adapters/shell.js";
import type { Context, Host } from "../../../operations/context.js";
import { copyName } from "../../../operations/jobs/copy-name.js";
import { diskUnderOverlay } from "../../../operations/jobs/heal.js";
import { MANIFEST } from "../../../operations/jobs/snapshot-store.js";
import type { Cycle } from "../../../operations/jobs/replica-store.js";
import type { SnapshotManifest } from "../../../operations/jobs/snapshot-store.js";
import type { BlockDevice, DiskImages, DomainState, Hypervisor } from "../../../operations/ports/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

export const DEFINITION = `<domain type='kvm'><name>pg-a1</name><uuid>6b1e2c52-0000-4000-8000-000000000001</uuid><devices>
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/p/vda.qcow2'/><target dev='vda'/></disk>
  <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br'/></interface></devices></domain>`;

export interface FakeDomain {
  state: DomainState;
  xml: string;
  /** Why it is paused. */
  pausedBy?: "I/O error" | "user";
  devices?: BlockDevice[];
}

/** An image is a small document here, so that a test can write to it and look below it. */
interface FakeImage {
  readonly backing?: string;
  readonly written?: boolean;
}

/** Real files under a directory of the test's; libvirt and qemu-img by memory. */
export class FakeHost {
  readonly domains = new Map<string, FakeDomain>();
  readonly warnings: string[] = [];
  readonly context: Context;
  readonly host: Host;
  /** Called when an image is copied; may throw. */
  onConvert: () => void = () => undefined;
  now = new Date("2031-01-01T12:00:00Z");

  constructor(readonly directory: string) {
    const input = kvmEnvironment();
    input.replication = { mode: "sync", vm: { to: "b", directory: join(directory, "replicas") } };
    input.backup.vmSnapshot = { quiesce: false, directory: join(directory, "snapshots") };
    const plan = recoveryPlan(parseEnvironment(input));
    const [declared] = kvmOf(plan.environment).hosts;
    if (declared === undefined) throw new Error("the fixture has no host");
    const real = localShell("here", { key: "", knownHosts: "", hosts: [] });
    const files = hostFiles(real);
    // Nobody else works on this host, and its locks are not this machine's.
    const shell = { ...real, hold: async () => ({ release: async () => undefined }) };
    this.host = {
      name: "here",
      declared,
      shell,
      files: {
        ...files,
        makeDirectory: async (path, mode) =>
          path.startsWith(directory) ? files.makeDirectory(path, mode) : undefined,
      },
      images: missing("image", this.images()),
      hypervisor: missing("hypervisor", this.hypervisor()),
    };
    const quiet = (): void => undefined;
    this.context = missing<Context>("context", {
      plan,
      dryRun: false,
      clock: { now: () => this.now, monotonic: () => 0, sleep: async () => undefined },
      output: {
        step: quiet,
        info: quiet,
        progress: quiet,
        result: quiet,
        warn: (text) => void this.warnings.push(text),
      },
      host: () => this.host,
      database: () => missing("database", {}),
    });
  }

  /** What a domain does that runs. */
  write(overlay: string): void {
    writeFileSync(overlay, JSON.stringify({ ...image(overlay), written: true }));
  }

  /** A finished cycle on the target; gives its name. */
  async cycle(moment: string, parent?: string): Promise<string> {
    const name = copyName(new Date(moment));
    const path = join(this.directory, "replicas/pg-a1", name);
    await this.host.files.makeDirectory(path);
    writeFileSync(
      join(path, "vda.qcow2"),
      JSON.stringify(parent === undefined ? {} : { backing: `../${parent}/vda.qcow2` }),
    );
    writeFileSync(join(path, "domain.xml"), DEFINITION);
    const file = { size: 1, virtualSize: 1 };
    const cycle: Cycle = {
      format: "pgkeep/replica/1",
      name,
      guest: "pg-a1",
      host: "here",
      moment,
      kind: parent === undefined ? "full" : "incremental",
      ...(parent === undefined ? {} : { parent }),
      checkpoint: `pgkeep-${name}`,
      quiesced: true,
      disks: [{ target: "vda", file: "vda.qcow2", ...file }],
      others: [{ purpose: "definition", file: "domain.xml", size: 1 }],
    };
    writeFileSync(join(path, MANIFEST), JSON.stringify(cycle));
    return name;
  }

  /** A finished snapshot; gives its directory. */
  async snapshot(moment: string): Promise<string> {
    const path = join(this.directory, "snapshots/pg-a1", copyName(new Date(moment)));
    await this.host.files.makeDirectory(path);
    writeFileSync(join(path, "vda.qcow2"), "{}");
    writeFileSync(join(path, "domain.xml"), DEFINITION);
    const sha256 = "0".repeat(64);
    const manifest: SnapshotManifest = {
      format: "pgkeep/snapshot/1",
      guest: "pg-a1",
      host: "here",
      moment,
      quiesced: false,
      disks: [{ target: "vda", file: "vda.qcow2", source: "/p", size: 2, virtualSize: 1, sha256 }],
      others: [{ purpose: "definition", file: "domain.xml", size: DEFINITION.length, sha256 }],
      verified: moment,
    };
    writeFileSync(join(path, MANIFEST), JSON.stringify(manifest));
    return path;
  }

  private images(): Partial<DiskImages> {
    return {
      overlay: async (path, backing) => writeFileSync(path, JSON.stringify({ backing })),
      written: async (path) => image(path).written === true,
      check: async () => undefined,
      info: async (path) => ({
        format: "qcow2",
        virtualSize: 1,
        actualSize: 1,
        backing: image(path).backing,
      }),
      chain: async (path) => [{ path, actualSize: 1 }],
      commit: async () => undefined,
      compare: async () => undefined,
      convert: async (_from, to) => {
        writeFileSync(to, "{}");
        this.onConvert();
      },
    };
  }

  private hypervisor(): Partial<Hypervisor> {
    const domain = (name: string): FakeDomain => {
      const found = this.domains.get(name);
      if (found === undefined) throw new Error(`no domain ${name}`);
      return found;
    };
    return {
      state: async (name) => this.domains.get(name)?.state ?? "absent",
      xml: async (name) => domain(name).xml,
      define: async (xml) => {
        const name = /<name>([^<]+)</.exec(xml)?.[1] ?? "";
        this.domains.set(name, { state: this.domains.get(name)?.state ?? "shut off", xml });
      },
      autostart: async () => undefined,
      start: async (name) => void (domain(name).state = "running"),
      stoppedByError: async (name) =>
        this.domains.get(name)?.state === "paused" && domain(name).pausedBy === "I/O error",
      resume: async (name) => void (domain(name).state = "running"),
      destroy: async (name) => void (domain(name).state = "shut off"),
      undefine: async (name) => void this.domains.delete(name),
      filters: async () => [],
      blockDevices: async (name) => domain(name).devices ?? [],
      snapshotDisks: async (name, _snapshot, overlays) => {
        for (const { target, path } of overlays) setSource(domain(name), target, path);
      },
      mergeOverlay: async (name, target) => {
        const source = domain(name).devices?.find((device) => device.target === target)?.source ?? "";
        setSource(domain(name), target, diskUnderOverlay(source) ?? source);
      },
      endBlockJob: async () => undefined,
      backupTargets: async () => [],
      thaw: async () => false,
    };
  }
}

function setSource(domain: FakeDomain, target: string, source: string): void {
  domain.devices = (domain.devices ?? []).map((device) =>
    device.target === target ? { ...device, source } : device,
  );
}

function image(path: string): FakeImage {
  return JSON.parse(readFileSync(path, "utf8")) as FakeImage;
}

/** What a test does not stand in for must not be called. */
function missing<T extends object>(what: string, given: Partial<T>): T {
  return new Proxy(given, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key);
      if (found === undefined) throw new Error(`the fake ${what} has no ${String(key)}`);
      return found;
    },
  }) as T;
}
