import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";

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
