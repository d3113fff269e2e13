import type { KvmHost } from "../declaration/index.js";
import type { HostAccess } from "../remote/index.js";

/** How the deployer reaches the hypervisors. */
export interface DeployerAccess extends HostAccess {
  /** Path of the private key where Pulumi runs; `${HOME}` and other variables are expanded by the provider. */
  sshKeyFile: string;
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
