import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../declaration/index.js";

/** How Pulumi reaches hosts: hypervisors, and operations hosts on VMware. */
export interface HostAccess {
  /** Text of the private key that opens them; kept secret. */
  privateKey: pulumi.Input<string>;
}

/** Connection for commands on a host; the host's key is checked. */
export function hostConnection(
  { user, address, port, hostKey }: Host,
  { privateKey }: HostAccess,
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

/** A command line as root on a host. */
export function asRoot({ user }: Pick<Host, "user">, line: string): string {
  return user === "root" ? line : `sudo -n ${line}`;
}
