import type * as pulumi from "@pulumi/pulumi";

/** A machine made from a template. */
export interface VirtualMachineClone {
  /** UUID of the template. */
  templateUuid: pulumi.Input<string>;
  /** Share the template's disks; it must then have exactly one snapshot. */
  linkedClone?: pulumi.Input<boolean>;
  /**
   * Longest time for the clone, in minutes.
   * @default 30
   */
  timeout?: pulumi.Input<number>;
  /** Settings for the guest's first start. */
  customize?: pulumi.Input<VirtualMachineCloneCustomize>;
  /** A customization that is kept in the vCenter, instead of `customize`. */
  customizationSpec?: pulumi.Input<{ id: pulumi.Input<string>; timeout?: pulumi.Input<number> }>;
}

export interface VirtualMachineCloneCustomize {
  /** Settings of a Linux guest. */
  linuxOptions?: pulumi.Input<VirtualMachineCloneLinuxOptions>;
  /** One entry for each network adapter of the machine, in the same order; an empty entry means DHCP. */
  networkInterfaces?: pulumi.Input<pulumi.Input<VirtualMachineCloneNetworkInterface>[]>;
  /** Default gateway. */
  ipv4Gateway?: pulumi.Input<string>;
  /** Default gateway. */
  ipv6Gateway?: pulumi.Input<string>;
  /** Name servers. */
  dnsServerLists?: pulumi.Input<pulumi.Input<string>[]>;
  /** Search domains. */
  dnsSuffixLists?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Longest wait for the guest to finish, in minutes; 0 or below: no wait.
   * @default 10
   */
  timeout?: pulumi.Input<number>;
}

export interface VirtualMachineCloneLinuxOptions {
  /** Host name without domain. */
  hostName: pulumi.Input<string>;
  /** Its domain. */
  domain: pulumi.Input<string>;
  /** For example `Etc/UTC`. */
  timeZone?: pulumi.Input<string>;
  /**
   * Does the hardware clock run in UTC?
   * @default true
   */
  hwClockUtc?: pulumi.Input<boolean>;
  /** Script for the guest. Secret in the published schema: give it as one. */
  scriptText?: pulumi.Input<string>;
}

export interface VirtualMachineCloneNetworkInterface {
  /** Static address. */
  ipv4Address?: pulumi.Input<string>;
  /** Length of its network prefix, for example 24. */
  ipv4Netmask?: pulumi.Input<number>;
  /** Static address. */
  ipv6Address?: pulumi.Input<string>;
  /** Length of its network prefix. */
  ipv6Netmask?: pulumi.Input<number>;
  /** DNS domain of this adapter. */
  dnsDomain?: pulumi.Input<string>;
  /** Name servers of this adapter. */
  dnsServerLists?: pulumi.Input<pulumi.Input<string>[]>;
}
