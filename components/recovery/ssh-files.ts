import type { Host } from "../declaration/index.js";

/** known_hosts of the declared hypervisors or operations hosts, with their declared keys. */
export function knownHosts(hosts: readonly Host[]): string {
  return hosts
    .map(({ address, port, hostKey }) => `${port === 22 ? address : `[${address}]:${port}`} ${hostKey}\n`)
    .join("");
}

/** One line of authorized_keys: from these addresses only, no forwarding, no terminal, and nothing but the command if one is given. */
export function authorizedKey(publicKey: string, from: readonly string[], command?: string): string {
  const options = ["restrict", ...(from.length === 0 ? [] : [`from="${from.join(",")}"`])];
  if (command !== undefined) options.push(`command="${command}"`);
  return `${options.join(",")} ${publicKey.trim()}\n`;
}
