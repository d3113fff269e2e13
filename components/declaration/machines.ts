import { z } from "zod";
import type { Environment } from "./environment.js";
import { address, matching, name } from "./units.js";

/** The three purposes of networks: they are never shared. */
export const PURPOSES = ["management", "client", "replication"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Port of a host's SSH server. */
export const sshPort = z.int().min(1).max(65535).default(22);

/** Account that SSH logs in with. */
export const sshUser = matching(/^[a-z_][a-z0-9_-]{0,31}$/, "the name of an account, such as root").default(
  "root",
);

/** The host's public SSH key, as in known_hosts without the name. */
export const hostKey = matching(
  /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,}=*$/,
  "the host's public key as ssh-keyscan prints it, without the name: ssh-ed25519 AAAA...",
);

/** Addresses of one guest, one a purpose. */
export const guestAddresses = z.strictObject({
  /** A member's name or the witness's. */
  guest: name,
  management: address,
  client: address,
  replication: address,
});

export type GuestAddresses = z.infer<typeof guestAddresses>;

/** A machine that acts on the guests of its site: a hypervisor on KVM, an operations host on VMware. */
export interface Host {
  readonly name: string;
  readonly site: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string;
}

/** What every platform of virtual machines declares alike. */
export interface Machines {
  readonly hosts: readonly Host[];
  readonly networks: Readonly<Record<Purpose, string>>;
  readonly gateway?: string | undefined;
  readonly addresses: readonly GuestAddresses[];
  readonly witness?: { readonly name: string } | undefined;
}

/**
 * Hosts, networks and addresses, whatever the platform of virtual machines.
 *
 * @throws RangeError on a platform without virtual machines
 */
export function machines(environment: Environment): Machines {
  switch (environment.platform) {
    case "kvm":
      return environment.kvm;
    case "vmware":
      return environment.vmware;
    case "kubernetes":
      throw new RangeError(`environment ${environment.name} is on Kubernetes and has no virtual machines`);
  }
}
