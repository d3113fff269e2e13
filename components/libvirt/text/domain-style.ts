import { styleSheet, type Template } from "./style-sheet.js";
import { element, type XmlElement } from "./xml.js";

export interface DomainDiskStyle {
  /** Device in the guest, such as `vdb`. */
  readonly target: string;
  /** Path on the hypervisor. */
  readonly path: string;
  /** Serial number by which the guest finds the disk. */
  readonly serial: string;
}

export interface DomainInterfaceStyle {
  readonly mac: string;
  /** Name of the libvirt network. */
  readonly network: string;
  /** nwfilter that guards the interface. @default none */
  readonly filter?: string | undefined;
  /** Parameters of the filter, in order; a repeated name is a list. */
  readonly parameters?: readonly { readonly name: string; readonly value: string }[];
}

/** What the provider cannot say about a domain. */
export interface DomainStyle {
  /** UUID of the domain: fixed, so that a definition left by a failed start is taken over and the TPM's state is found again. */
  readonly uuid: string;
  readonly disks: readonly DomainDiskStyle[];
  readonly interfaces: readonly DomainInterfaceStyle[];
  /** Loader with secure boot and system management mode. */
  readonly secureBoot: boolean;
  readonly tpm: boolean;
  /** Lock all memory of the guest, so that it is really reserved. */
  readonly lockMemory: boolean;
  /** Weight against other guests when processors are short. @default none: the hypervisor has no control groups */
  readonly cpuShares?: number | undefined;
  /** Processors of the hypervisor, such as `2-5`. @default any */
  readonly cpuSet?: string | undefined;
}

/**
 * The style sheet of a domain. Disks become plain files, so that snapshot jobs and AppArmor's helper resolve them; the seed
 * CD moves to virtio-scsi, because q35 has no IDE and cloud kernels no AHCI; displays and the balloon go.
 */
export function domainStyle(style: DomainStyle): string {
  return styleSheet([
    { match: "/domain/name", after: [element("uuid", {}, style.uuid)] },
    ...reservation(style),
    { match: "/domain/memory", set: { dumpCore: "off" } },
    ...(style.cpuSet === undefined ? [] : [{ match: "/domain/vcpu", set: { cpuset: style.cpuSet } }]),
    ...firmware(style),
    { match: "/domain/devices/graphics" },
    { match: "/domain/devices/video" },
    ...style.disks.map(disk),
    {
      match: "/domain/devices/disk[@device='cdrom' and serial='cloudinit']/target",
      replace: [element("target", { dev: "sda", bus: "scsi" })],
    },
    ...style.interfaces.map(networkInterface),
    {
      match: "/domain/devices",
      append: [
        element("controller", { type: "scsi", index: "0", model: "virtio-scsi" }),
        element("memballoon", { model: "none" }),
      ],
    },
  ]);
}

function reservation({ lockMemory, cpuShares }: DomainStyle): Template[] {
  const backing = [element("nosharepages"), ...(lockMemory ? [element("locked")] : [])];
  const tuning: XmlElement[] =
    cpuShares === undefined ? [] : [element("cputune", {}, element("shares", {}, String(cpuShares)))];
  return [{ match: "/domain", append: [element("memoryBacking", {}, ...backing), ...tuning] }];
}

function firmware({ secureBoot, tpm }: DomainStyle): Template[] {
  return [
    ...(secureBoot
      ? [
          { match: "/domain/os/loader", set: { secure: "yes" } },
          { match: "/domain/features", append: [element("smm", { state: "on" })] },
        ]
      : []),
    ...(tpm ? [{ match: "/domain/devices/tpm", set: { model: "tpm-crb" } }] : []),
  ];
}

function disk({ target, path, serial }: DomainDiskStyle): Template {
  return {
    match: `/domain/devices/disk[target/@dev='${target}']`,
    replace: [
      element(
        "disk",
        { type: "file", device: "disk" },
        element("driver", { name: "qemu", type: "qcow2", cache: "none", io: "native", discard: "unmap" }),
        element("source", { file: path }),
        element("target", { dev: target, bus: "virtio" }),
        element("serial", {}, serial),
      ),
    ],
  };
}

function networkInterface(
  { mac, network, filter, parameters = [] }: DomainInterfaceStyle,
  index: number,
): Template {
  const values = parameters.map(({ name, value }) => element("parameter", { name, value }));
  return {
    match: `/domain/devices/interface[position() = ${index + 1}]`,
    replace: [
      element(
        "interface",
        { type: "network" },
        element("mac", { address: mac }),
        element("source", { network }),
        element("model", { type: "virtio" }),
        ...(filter === undefined ? [] : [element("filterref", { filter }, ...values)]),
      ),
    ],
  };
}
