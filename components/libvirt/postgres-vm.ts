import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { KvmBoot, Purpose, Sizing } from "../declaration/index.js";
import { PURPOSES } from "../declaration/index.js";
import { DISKS } from "../recovery/index.js";
import { domainStyle, type DomainInterfaceStyle } from "./text/domain-style.js";
import { kernelArguments } from "./text/kernel-arguments.js";
import { stableUuid } from "./text/uuid.js";
import { volumeStyle } from "./text/volume-style.js";

/** One network interface of a guest. */
export interface VmInterface {
  /** Name of the libvirt network. */
  network: pulumi.Input<string>;
  /** MAC address; the guest names its interfaces by it. */
  mac: string;
  /** nwfilter that guards the interface. @default none */
  filter?: pulumi.Input<string> | undefined;
  /** Parameters of the filter; a repeated name is a list. @default none */
  parameters?: readonly { readonly name: string; readonly value: string }[];
}

/** First configuration of a guest, read once. It stands in the state in clear: no secrets. */
export interface VmSeed {
  userData: string;
  metaData: string;
  networkConfig: string;
}

export interface PostgresVmArgs {
  /** Name of the libvirt domain. */
  name: string;
  /** Shown by the hypervisor. */
  description: string;
  /** `kvm` needs hardware support; `qemu` emulates. @default kvm */
  domainType?: "kvm" | "qemu";
  /** Processors, memory and disks. Memory is locked on the hypervisor where `domainType` is kvm. */
  sizing: Sizing;
  /** Prepared guest image on the hypervisor; the system disk is an overlay of it. */
  image: string;
  boot: KvmBoot;
  /** Enforce secure boot; needs boot kind uefi. @default true with uefi, false with direct boot */
  secureBoot?: boolean;
  /** Emulated TPM 2.0. @default false */
  tpm?: boolean;
  /** Name of the storage pool. */
  pool: pulumi.Input<string>;
  /** Directory of the storage pool. */
  poolPath: string;
  /** One interface a purpose. */
  interfaces: Readonly<Record<Purpose, VmInterface>>;
  seed: VmSeed;
  /** Start with the hypervisor. @default true */
  autostart?: boolean;
  /** Processors of the hypervisor that the guest may use, such as `2-5`. @default any */
  cpuSet?: string;
  /** Refuse to delete or replace the VM and its disks. @default true */
  protect?: boolean;
}

const MIB = 1024 ** 2;
/** Weight of a database against an ordinary guest (1024) when processors are short. */
const CPU_SHARES = 4096;

/**
 * A guest for PostgreSQL: system, data and WAL on volumes of their own, seed CD, guest agent, entropy, no display.
 *
 * A change of processors, memory, firmware or filter makes the domain anew; its disks stay. A change of the image or of the
 * system disk's size makes the system disk anew. Disks for data and WAL are never made anew for a size: see
 * `GuestConfiguration`, which grows them. Fencing is never done here: see `HostAgent`.
 */
export class PostgresVm extends pulumi.ComponentResource {
  /** UUID of the domain. */
  readonly domainId: pulumi.Output<string>;
  /** Name of the domain, once it has been started. */
  readonly domainName: pulumi.Output<string>;
  /**
   * Another text whenever the system disk is made anew, so that whoever configures the guest does it again. Name, path and
   * UUID of a new one are those of the old one, and tell nothing.
   */
  readonly generation: string;

  constructor(name: string, args: PostgresVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:libvirt:PostgresVm", name, { ...args }, opts);
    refuseContradictions(args);
    const protect = args.protect ?? true;
    this.generation = generationOf(args);
    const volumes = DISKS.map(({ purpose }) => {
      const image = purpose === "system" ? args.image : undefined;
      return new libvirt.Volume(
        `${name}-${purpose}`,
        {
          name: `${args.name}-${purpose}.qcow2`,
          pool: args.pool,
          format: "qcow2",
          size: args.sizing.disks[purpose],
          xml: { xslt: volumeStyle({ image }) },
        },
        // The name is fixed, and a volume of that name would be adopted silently: the old one goes first.
        {
          parent: this,
          protect,
          deleteBeforeReplace: true,
          // A volume cannot change its size by itself and would be replaced, empty: what holds data is grown by the command
          // that configures the guest. The system disk holds none.
          ignoreChanges: purpose === "system" ? [] : ["size"],
        },
      );
    });
    const seed = new libvirt.CloudInitDisk(
      `${name}-seed`,
      { name: `${args.name}-seed.iso`, pool: args.pool, ...args.seed },
      // Read at the first start only. A new seed could not be put into a domain that runs, and a missing one stops its next start.
      { parent: this, deleteBeforeReplace: true, ignoreChanges: ["userData", "metaData", "networkConfig"] },
    );
    const domain = new libvirt.Domain(
      name,
      { ...domainArgs(args), disks: volumes.map(({ id }) => ({ volumeId: id })), cloudinit: seed.id },
      {
        parent: this,
        protect,
        deleteBeforeReplace: true,
        // running and autostart belong to fencing and failover: an update would power a fenced primary on. Interfaces on a
        // bridge are read back in another form; the style sheet carries them, so that a real change is seen there.
        ignoreChanges: ["cloudinit", "running", "autostart", "networkInterfaces"],
      },
    );
    this.domainId = domain.id;
    this.domainName = domain.name;
    this.registerOutputs({ domainId: this.domainId, domainName: this.domainName });
  }
}

function domainArgs(args: PostgresVmArgs): libvirt.DomainArgs {
  const { boot, sizing, domainType = "kvm", tpm = false } = args;
  return {
    name: args.name,
    description: args.description,
    type: domainType,
    machine: "q35",
    memory: Math.floor(sizing.memory / MIB),
    vcpu: sizing.cpus,
    // Both stay as they are in the running domain; other modes are read back as another value and replace the VM.
    cpu: { mode: domainType === "kvm" ? "host-passthrough" : "maximum" },
    ...(boot.kind === "uefi"
      ? {
          firmware: boot.code,
          nvram: { file: `${args.poolPath}/${args.name}-variables.fd`, template: boot.variables },
        }
      : { kernel: boot.kernel, initrd: boot.initrd, cmdlines: kernelArguments(boot.commandLine) }),
    ...(tpm ? { tpm: { backendType: "emulator", backendVersion: "2.0", backendPersistentState: true } } : {}),
    networkInterfaces: PURPOSES.map((purpose) => ({
      networkName: args.interfaces[purpose].network,
      mac: args.interfaces[purpose].mac.toUpperCase(),
    })),
    consoles: [{ type: "pty", targetType: "serial", targetPort: "0" }],
    autostart: args.autostart ?? true,
    xml: {
      xslt: pulumi
        .all(PURPOSES.map((purpose) => pulumi.output({ ...args.interfaces[purpose] })))
        .apply((interfaces) => style(args, interfaces)),
    },
  };
}

function style(args: PostgresVmArgs, interfaces: readonly DomainInterfaceStyle[]): string {
  const { domainType = "kvm", cpuSet } = args;
  return domainStyle({
    uuid: stableUuid("domain", args.name),
    disks: DISKS.map(({ target, purpose }) => ({
      target,
      path: `${args.poolPath}/${args.name}-${purpose}.qcow2`,
      serial: purpose,
    })),
    interfaces,
    secureBoot: args.boot.kind === "uefi" && (args.secureBoot ?? true),
    tpm: args.tpm ?? false,
    // Emulated guests are for laboratories, where neither control groups nor memory to lock can be expected.
    lockMemory: domainType === "kvm",
    cpuShares: domainType === "kvm" ? CPU_SHARES : undefined,
    cpuSet,
  });
}

/** Digest over everything that replaces the system volume. */
function generationOf({ name, poolPath, image, sizing }: PostgresVmArgs): string {
  return createHash("sha256")
    .update(JSON.stringify([name, poolPath, image, sizing.disks.system]))
    .digest("hex")
    .slice(0, 16);
}

function refuseContradictions({ name, boot, secureBoot, sizing }: PostgresVmArgs): void {
  const problems: string[] = [];
  if (boot.kind === "direct" && secureBoot === true)
    problems.push("secureBoot: true needs firmware; give boot kind uefi, or secureBoot: false");
  if (sizing.memory % MIB !== 0)
    problems.push(`sizing.memory: ${sizing.memory} B is no whole number of MiB; give a multiple of 1 MiB`);
  for (const [purpose, size] of Object.entries(sizing.disks)) {
    if (size % 512 !== 0)
      problems.push(
        `sizing.disks.${purpose}: ${size} B is no whole number of sectors; give a multiple of 512 B`,
      );
  }
  if (problems.length > 0) throw new TypeError(`PostgresVm ${name}:\n  ${problems.join("\n  ")}`);
}
