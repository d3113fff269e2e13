import { z } from "zod";
import type { Environment } from "./environment.js";
import { guestAddresses, hostKey, sshPort, sshUser } from "./machines.js";
import { give } from "./remedy.js";
import { absolutePath, address, cidr, matching, name } from "./units.js";

const bridgeName = matching(
  /^[a-z][a-z0-9-]{0,14}$/,
  "the name of a bridge, at most 15 characters, such as br-client",
);

/** A hypervisor with libvirt. */
const host = z.strictObject({
  name,
  site: name,
  /**
   * Address for SSH: libvirt's connection, commands, and the copy of replicas from other hosts. With fencing, members call
   * it as well, so it lies in the management network.
   */
  address,
  /** @default 22 */
  port: sshPort,
  /** @default root */
  user: sshUser,
  /** The host's public SSH key, as in known_hosts without the name, such as "ssh-ed25519 AAAA…". */
  hostKey,
  /** Existing Linux bridges, one a purpose. */
  bridges: z.strictObject({ management: bridgeName, client: bridgeName, replication: bridgeName }),
  /** Directory of the storage pool made for this cluster. @default /var/lib/libvirt/pgkeep */
  poolPath: absolutePath.default("/var/lib/libvirt/pgkeep"),
});

/** What starts a guest. */
const boot = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("uefi"),
    /** Firmware code that libvirt reports for secure boot. */
    code: absolutePath.default("/usr/share/OVMF/OVMF_CODE_4M.ms.fd"),
    /** Variable store template with the keys enrolled. */
    variables: absolutePath.default("/usr/share/OVMF/OVMF_VARS_4M.ms.fd"),
  }),
  z.strictObject({
    kind: z.literal("direct"),
    kernel: absolutePath,
    initrd: absolutePath,
    commandLine: matching(/^[A-Za-z0-9=._,:/ -]+$/, "kernel parameters such as root=/dev/vda1 console=ttyS0"),
  }),
]);

/** Everything that only KVM needs. */
export const kvmSchema = z.strictObject({
  hosts: z.array(host).min(1),
  /** Prepared guest image on every host: Debian with PostgreSQL, Patroni, etcd and pgBackRest. */
  image: z.strictObject({
    /** Path of the qcow2 file on each host. */
    path: absolutePath,
    /**
     * Where packages come from: image means that all are in it, and is what drills prove. pgdg and mirror are incomplete: at the
     * first boot the hypervisor's filters let HTTP and HTTPS out on the client network but no DNS, so the image must hold the
     * archive's address in /etc/hosts; afterwards the guest's own firewall closes both, so updates come with a new image.
     * @default image
     */
    packages: z.enum(["image", "pgdg", "mirror"]).default("image"),
    /** Package mirror; required when packages is mirror. */
    mirror: z
      .url({ protocol: /^https$/, error: give("an https address without user or password") })
      .optional(),
  }),
  /** kvm needs hardware support; qemu emulates, for laboratories. @default kvm */
  domainType: z.enum(["kvm", "qemu"]).default("kvm"),
  boot: boot.prefault({ kind: "uefi" }),
  /** IPv4 networks of the guests, one a purpose. Guests reach nothing beyond management, and beyond client by the gateway. */
  networks: z.strictObject({ management: cidr, client: cidr, replication: cidr }),
  /** Default gateway on the client network, needed by access groups elsewhere. @default none */
  gateway: address.optional(),
  addresses: z.array(guestAddresses).min(1),
  /** The VM at the witness site: third etcd member and backup repository. */
  witness: z.strictObject({ name }).optional(),
});

export type Kvm = z.infer<typeof kvmSchema>;
export type KvmHost = Kvm["hosts"][number];
export type KvmBoot = Kvm["boot"];

/**
 * The KVM section of an environment, for what works on KVM alone.
 *
 * @throws RangeError when the environment is of another platform
 */
export function kvmOf(environment: Environment): Kvm {
  if (environment.platform === "kvm") return environment.kvm;
  throw new RangeError(
    `environment ${environment.name} is of platform ${environment.platform}; this works on kvm alone`,
  );
}
