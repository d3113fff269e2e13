import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import type { Host } from "../declaration/index.js";

/** An account of vCenter. */
export interface Credentials {
  /** Such as pgkeep@vsphere.local. */
  user: pulumi.Input<string>;
  /** Kept secret. */
  password: pulumi.Input<string>;
}

/** The two accounts that a vCenter Server is used with. */
export interface VcenterAccess {
  /** Makes and changes what is declared; used where Pulumi runs. */
  deployer: Credentials;
  /** Snapshots, power and what jobs need; used on the operations hosts, which never get the deployer's. */
  operations: Credentials;
}

/**
 * Pulumi's connection to a vCenter Server. The certificate is always verified, sessions are not written to disk, and requests are
 * not traced: a trace holds credentials. The published schema does not mark the password as secret; here it is one from the start.
 */
export function vcenterProvider(
  name: string,
  server: string,
  { user, password }: Credentials,
  opts: pulumi.ResourceOptions,
): vsphere.Provider {
  return new vsphere.Provider(
    name,
    {
      vsphereServer: server,
      user,
      password: pulumi.secret(password),
      allowUnverifiedSsl: false,
      persistSession: false,
      clientDebug: false,
    },
    opts,
  );
}

/** How Pulumi reaches the operations hosts. */
export interface OperationsAccess {
  /** Text of the private key that opens them; kept secret. */
  privateKey: pulumi.Input<string>;
}

/** Connection for commands on an operations host; the host's key is checked. */
export function hostConnection(
  { user, address, port, hostKey }: Host,
  { privateKey }: OperationsAccess,
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

/** A command line as root on an operations host. */
export function asRoot({ user }: Pick<Host, "user">, line: string): string {
  return user === "root" ? line : `sudo -n ${line}`;
}
