import { stringify } from "yaml";
import { machines } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { interfaceAddress } from "./addresses.js";
import type { BundleVolume } from "./bundle/types.js";
import { guestAccess } from "./guest-access.js";
import { guestOf } from "./guests.js";
import { GUEST_PATHS, INTERFACES, MOUNTS } from "./layout.js";
import { linkFiles } from "./links.js";
import { packageSetup } from "./packages.js";
import { APPLY_SCRIPT } from "./scripts/apply.js";

/** The three files of a NoCloud seed. They hold no secret: those come later, through `pgkeep-apply`. */
export interface CloudInit {
  readonly userData: string;
  readonly metaData: string;
  readonly networkConfig: string;
}

/**
 * The second and third disk of a guest: data and WAL of a member, backup repository and etcd of the witness (etcd wants
 * a disk that no backup keeps busy).
 */
export function guestVolumes(plan: RecoveryPlan, guest: PlanGuest): readonly BundleVolume[] {
  if (guest.kind === "member")
    return [
      { device: "/dev/vdb", label: "pgdata", mountPoint: MOUNTS.data },
      { device: "/dev/vdc", label: "pgwal", mountPoint: MOUNTS.wal },
    ];
  return [
    { device: "/dev/vdb", label: "pgrepo", mountPoint: plan.environment.backup.repository.path },
    { device: "/dev/vdc", label: "etcd", mountPoint: "/var/lib/etcd" },
  ];
}

/**
 * Options of the mounts. A missing volume must not stop the boot, because the guest agent is the only way in; the
 * services that need it wait for it instead (RequiresMountsFor). They wait without end: a guest on a busy hypervisor sees
 * its disks late, and a mount that systemd has given up is not tried again.
 */
const MOUNT_OPTIONS = "noatime,nodev,nosuid,nofail,x-systemd.device-timeout=infinity";

/**
 * Seed of a guest: name, network, disks, accounts and the installer of everything else.
 *
 * @param operationsKey public half of the operations key, which configures guests on VMware; not used on KVM
 */
export function cloudInit(plan: RecoveryPlan, guestName: string, operationsKey?: string): CloudInit {
  const guest = guestOf(plan, guestName);
  const volumes = guestVolumes(plan, guest);
  const { files, packages, commands, apt } = packageSetup(plan, guest);
  const access = guestAccess(plan, guest, operationsKey);
  const user = {
    hostname: guest.name,
    preserve_hostname: false,
    // Nobody can log in with a password: see guestAccess for the way in; the way to the database is the network.
    users: access.users,
    disable_root: true,
    ssh_pwauth: false,
    timezone: "Etc/UTC",
    ...apt,
    ...(packages.length > 0 ? { package_update: true, packages } : {}),
    write_files: [
      { path: GUEST_PATHS.apply, permissions: "0755", owner: "root:root", content: APPLY_SCRIPT },
      ...linkFiles(guest).map((file) => ({ ...file, permissions: "0644", owner: "root:root" })),
      ...access.files.map(({ path, mode, owner, content }) => ({ path, permissions: mode, owner, content })),
      ...files,
    ],
    // On vSphere a disk's name is known once it is made: the bundle brings it, and pgkeep-apply makes the file systems.
    ...(plan.environment.platform === "kvm" ? { fs_setup: volumes.map(fileSystem) } : {}),
    mounts: volumes.map(({ label, mountPoint }) => [
      `LABEL=${label}`,
      mountPoint,
      "ext4",
      MOUNT_OPTIONS,
      "0",
      "2",
    ]),
    runcmd: [
      ["passwd", "--lock", "root"],
      ["usermod", "--shell", "/usr/sbin/nologin", "postgres"],
      ...commands,
      ...access.start,
      // The seed is for the first boot; later boots are faster and cannot be changed by another seed.
      ["touch", "/etc/cloud/cloud-init.disabled"],
    ],
  };
  return {
    userData: `#cloud-config\n${stringify(user, { lineWidth: 0 })}`,
    metaData: stringify({
      "instance-id": `${plan.environment.cluster.name}-${guest.name}`,
      "local-hostname": guest.name,
    }),
    networkConfig: stringify(networkConfig(plan, guest), { lineWidth: 0 }),
  };
}

/** partition auto with a label is the only form that never formats a disk which holds a file system already. */
function fileSystem({ device, label }: BundleVolume): Record<string, unknown> {
  return { device, label, filesystem: "ext4", partition: "auto", overwrite: false };
}

/** Static addresses on the three networks, interfaces named by purpose; nothing is asked of the network. */
function networkConfig(plan: RecoveryPlan, guest: PlanGuest): Record<string, unknown> {
  const { gateway } = machines(plan.environment);
  const ethernets = (["management", "client", "replication"] as const).map((purpose) => {
    const settings = {
      match: { macaddress: guest.macs[purpose] },
      "set-name": INTERFACES[purpose],
      dhcp4: false,
      dhcp6: false,
      "accept-ra": false,
      addresses: [interfaceAddress(plan, guest, purpose)],
      ...(purpose === "client" && gateway !== undefined
        ? { routes: [{ to: gateway.includes(":") ? "::/0" : "0.0.0.0/0", via: gateway }] }
        : {}),
    };
    return [INTERFACES[purpose], settings] as const;
  });
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}
