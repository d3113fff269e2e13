import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { KvmHost } from "../declaration/index.js";

/** How the deployer reaches the hypervisors. */
export interface DeployerAccess {
  /** Path of the private key where Pulumi runs; `${HOME}` and other variables are expanded by the provider. */
  sshKeyFile: string;
  /** The same key's text; secret. */
  privateKey: pulumi.Input<string>;
  /** Path of the known_hosts file made from the declared host keys. */
  knownHostsFile: string;
}

/** libvirt's address of a hypervisor. Holds paths only, no secret. */
export function hostUri(
  { user, address, port }: KvmHost,
  { sshKeyFile, knownHostsFile }: DeployerAccess,
): string {
  const host = address.includes(":") ? `[${address}]` : address;
  const query = new URLSearchParams({ keyfile: sshKeyFile, knownhosts: knownHostsFile, sshauth: "privkey" });
  return `qemu+ssh://${user}@${host}${port === 22 ? "" : `:${port}`}/system?${query.toString()}`;
}

/** Connection for commands on a hypervisor; the host's key is checked. */
export function hostConnection(
  { user, address, port, hostKey }: KvmHost,
  { privateKey }: DeployerAccess,
): command.types.input.remote.ConnectionArgs {
  return {
    host: address,
    port,
    user,
    hostKey,
    privateKey: pulumi.secret(privateKey),
    perDialTimeout: 15,
    dialErrorLimit: 4,
  };
}

/** A command line as root on the hypervisor. */
export function asRoot({ user }: Pick<KvmHost, "user">, line: string): string {
  return user === "root" ? line : `sudo -n ${line}`;
}
