/** A file on a hypervisor. */
export interface HostFile {
  readonly path: string;
  /** Octal, such as "0600". */
  readonly mode: string;
  readonly content: string;
}

/** Lines of an account's authorized_keys between markers of ours; what stands outside them is kept. */
export interface HostKeys {
  readonly account: string;
  readonly lines: readonly string[];
}

/** What `pgkeep host apply` brings a hypervisor to. It holds keys and passwords: secret as a whole. */
export interface HostBundle {
  readonly format: "pgkeep/host-bundle/1";
  readonly environment: string;
  /** Owned by root. */
  readonly files: readonly HostFile[];
  readonly directories: readonly { readonly path: string; readonly mode: string }[];
  /** Accounts of ours, without password. */
  readonly accounts: readonly { readonly name: string; readonly home: string }[];
  readonly authorizedKeys: readonly HostKeys[];
  /** Timers that run. */
  readonly timers: readonly string[];
  /** Accounts of people that the access rules name; missing ones are reported, not made. */
  readonly people: readonly string[];
}
