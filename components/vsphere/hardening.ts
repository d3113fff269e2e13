/** An advanced setting of a VM that the hardening guide asks for. */
export interface HardeningSetting {
  readonly key: string;
  readonly value: string;
  /** Control of the vendor's Security Configuration Guide 8 (803-20260612). */
  readonly control: string;
  /** STIG rule, where there is one. */
  readonly stig?: string;
}

/**
 * The rows of the hardening table that are advanced settings with a value. Where the guide also accepts an absent key, the value is
 * written all the same: the plugin reads back only what a program names, so an absent key that somebody sets would never be seen.
 *
 * Rows that are no advanced settings are arguments of the VM (logging, firmware, secure boot, hardware version, disk mode) or of
 * devices that `PostgresVm` never has (CD-ROM, PCI, USB, serial, floppy, filters). Encrypted vMotion and fault tolerance cannot be set
 * through the plugin; encrypted VMs always move encrypted. `ethernetN.filterN.name` and `sched.mem.pshare.salt` must be absent,
 * and are.
 */
export const HARDENING: readonly HardeningSetting[] = [
  row("isolation.tools.copy.disable", "TRUE", "vm-8.deactivate-console-copy", "VMCH-80-000189"),
  row("isolation.tools.paste.disable", "TRUE", "vm-8.deactivate-console-paste", "VMCH-80-000192"),
  row(
    "isolation.tools.diskShrink.disable",
    "TRUE",
    "vm-8.deactivate-disk-shrinking-shrink",
    "VMCH-80-000193",
  ),
  row("isolation.tools.diskWiper.disable", "TRUE", "vm-8.deactivate-disk-shrinking-wiper", "VMCH-80-000194"),
  row("isolation.tools.dnd.disable", "TRUE", "vm-8.isolation-tools-dnd-deactivate", "VMCH-80-000191"),
  row(
    "isolation.device.connectable.disable",
    "TRUE",
    "vm-8.isolation-device-connectable-deactivate",
    "VMCH-80-000197",
  ),
  row("mks.enable3d", "FALSE", "vm-8.deactivate-non-essential-3d-features", "VMCH-80-000202"),
  row("RemoteDisplay.maxConnections", "1", "vm-8.limit-console-connections", "VMCH-80-000195"),
  row("tools.setInfo.sizeLimit", "1048576", "vm-8.limit-setinfo-size", "VMCH-80-000196"),
  row("log.keepOld", "10", "vm-8.log-retention", "VMCH-80-000206"),
  row("log.rotateSize", "2048000", "vm-8.log-rotation-size", "VMCH-80-000205"),
  row("tools.guestlib.enableHostInfo", "FALSE", "vm-8.restrict-host-info", "VMCH-80-000198"),
  row("tools.guest.desktop.autolock", "TRUE", "vm-8.vmrc-lock", "VMCH-80-000201"),
  row("bios.bootDeviceClasses", "allow:hd", "vm-8.efi-boot-types"),
];

function row(key: string, value: string, control: string, stig?: string): HardeningSetting {
  return { key, value, control, ...(stig === undefined ? {} : { stig }) };
}
