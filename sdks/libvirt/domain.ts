import * as pulumi from "@pulumi/pulumi";
import { isOfType, withVersion, type XmlTransformation } from "./base.js";

export interface DomainDisk {
  /** Id of a Volume. */
  volumeId?: pulumi.Input<string>;
  file?: pulumi.Input<string>;
  url?: pulumi.Input<string>;
  blockDevice?: pulumi.Input<string>;
  scsi?: pulumi.Input<boolean>;
  wwn?: pulumi.Input<string>;
}

export interface DomainNetworkInterface {
  networkId?: pulumi.Input<string>;
  networkName?: pulumi.Input<string>;
  bridge?: pulumi.Input<string>;
  macvtap?: pulumi.Input<string>;
  vepa?: pulumi.Input<string>;
  passthrough?: pulumi.Input<string>;
  /** Read back in capitals. */
  mac?: pulumi.Input<string>;
  hostname?: pulumi.Input<string>;
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  waitForLease?: pulumi.Input<boolean>;
}

export interface DomainConsole {
  type: pulumi.Input<string>;
  targetPort: pulumi.Input<string>;
  targetType?: pulumi.Input<string>;
  sourcePath?: pulumi.Input<string>;
  sourceHost?: pulumi.Input<string>;
  sourceService?: pulumi.Input<string>;
}

export interface DomainGraphics {
  type?: pulumi.Input<string>;
  listenType?: pulumi.Input<string>;
  listenAddress?: pulumi.Input<string>;
  autoport?: pulumi.Input<boolean>;
  websocket?: pulumi.Input<number>;
}

export interface DomainTpm {
  model?: pulumi.Input<string>;
  backendType?: pulumi.Input<string>;
  backendVersion?: pulumi.Input<string>;
  backendPersistentState?: pulumi.Input<boolean>;
  backendEncryptionSecret?: pulumi.Input<string>;
  backendDevicePath?: pulumi.Input<string>;
}

export interface DomainFilesystem {
  source: pulumi.Input<string>;
  target: pulumi.Input<string>;
  accessmode?: pulumi.Input<string>;
  readonly?: pulumi.Input<boolean>;
}

export interface DomainArgs {
  /** @default made from the resource's name */
  name?: pulumi.Input<string>;
  description?: pulumi.Input<string>;
  /** `kvm` or `qemu`. @default kvm */
  type?: pulumi.Input<string>;
  /** MiB. @default 512 */
  memory?: pulumi.Input<number>;
  /** @default 1 */
  vcpu?: pulumi.Input<number>;
  cpu?: pulumi.Input<{ mode?: pulumi.Input<string> }>;
  machine?: pulumi.Input<string>;
  arch?: pulumi.Input<string>;
  emulator?: pulumi.Input<string>;
  /** Path of the firmware's code. */
  firmware?: pulumi.Input<string>;
  nvram?: pulumi.Input<{ file?: pulumi.Input<string>; template?: pulumi.Input<string> }>;
  kernel?: pulumi.Input<string>;
  initrd?: pulumi.Input<string>;
  /** Arguments of the kernel; key `_` for an argument without a value. The plugin sorts them. */
  cmdlines?: pulumi.Input<pulumi.Input<Record<string, pulumi.Input<string>>>[]>;
  bootDevices?: pulumi.Input<pulumi.Input<{ devs?: pulumi.Input<pulumi.Input<string>[]> }>[]>;
  disks?: pulumi.Input<pulumi.Input<DomainDisk>[]>;
  networkInterfaces?: pulumi.Input<pulumi.Input<DomainNetworkInterface>[]>;
  /** Id of a CloudInitDisk. */
  cloudinit?: pulumi.Input<string>;
  consoles?: pulumi.Input<pulumi.Input<DomainConsole>[]>;
  /** Left out, the plugin adds a SPICE display without a password. */
  graphics?: pulumi.Input<DomainGraphics>;
  video?: pulumi.Input<{ type?: pulumi.Input<string> }>;
  tpm?: pulumi.Input<DomainTpm>;
  filesystems?: pulumi.Input<pulumi.Input<DomainFilesystem>[]>;
  qemuAgent?: pulumi.Input<boolean>;
  autostart?: pulumi.Input<boolean>;
  /** Any update of a stopped domain starts it, whatever stands here. @default true */
  running?: pulumi.Input<boolean>;
  metadata?: pulumi.Input<string>;
  xml?: pulumi.Input<XmlTransformation>;
}

/**
 * A virtual machine; its id is libvirt's UUID. In place change: autostart, cloudinit, running, metadata and the addresses
 * of an interface. Everything else replaces it: hard power-off, undefined with its variable store and snapshot metadata.
 */
export class Domain extends pulumi.CustomResource {
  /** @internal also read by policy packs */
  static readonly __pulumiType = "libvirt:index/domain:Domain";

  declare readonly name: pulumi.Output<string>;
  declare readonly arch: pulumi.Output<string>;
  declare readonly machine: pulumi.Output<string>;
  declare readonly emulator: pulumi.Output<string>;
  declare readonly autostart: pulumi.Output<boolean>;
  declare readonly running: pulumi.Output<boolean | undefined>;
  declare readonly networkInterfaces: pulumi.Output<{ mac: string; addresses?: string[] }[]>;

  constructor(name: string, args: DomainArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      Domain.__pulumiType,
      name,
      {
        name: undefined,
        arch: undefined,
        machine: undefined,
        emulator: undefined,
        autostart: undefined,
        running: undefined,
        networkInterfaces: undefined,
        ...args,
      },
      withVersion(options),
    );
  }

  /** True for a resource of this type, also when the package is loaded twice. */
  static override isInstance(candidate: unknown): candidate is Domain {
    return isOfType(candidate, Domain.__pulumiType);
  }
}
