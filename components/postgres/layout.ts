import type { Major } from "../declaration/index.js";

/** Where everything lies inside a guest, under which account, on which port. The same on every platform with VMs. */

/** TCP ports. PostgreSQL's and etcd's are their registered ones, 8008 and 8432 are the tools' defaults. */
export const PORTS = {
  postgres: 5432,
  patroni: 8008,
  etcdClient: 2379,
  etcdPeer: 2380,
  pgbackrest: 8432,
} as const;

/** Interface names, given by MAC address in the network configuration. */
export const INTERFACES = { management: "mgmt0", client: "client0", replication: "repl0" } as const;

/** Accounts of the operating system. */
export const ACCOUNTS = { postgres: "postgres:postgres", etcd: "etcd:etcd", root: "root:root" } as const;

/** Units that pgkeep configures. */
export const UNITS = {
  etcd: "etcd.service",
  patroni: "patroni.service",
  pgbackrest: "pgbackrest.service",
  keepalived: "keepalived.service",
  nftables: "nftables.service",
  sysctl: "systemd-sysctl.service",
  time: "systemd-timesyncd.service",
  reconcile: "pgkeep-reconcile.timer",
  /** On VMware. */
  ssh: "ssh.service",
  tools: "open-vm-tools.service",
} as const;

const SBIN = "/usr/local/sbin";
const ETC = "/etc/pgkeep";
const TLS = `${ETC}/tls`;
const SECRETS = `${ETC}/secrets`;

/** Paths in the guest. */
export const GUEST_PATHS = {
  /** Installed by cloud-init; takes the bundle on stdin. */
  apply: `${SBIN}/pgkeep-apply`,
  /** Brings the DCS, the roles and the redirect to what is declared; run by apply and by a timer. */
  reconcile: `${SBIN}/pgkeep-reconcile`,
  roles: `${SBIN}/pgkeep-roles`,
  fence: `${SBIN}/pgkeep-fence-peer`,
  /** Patroni's callback. */
  roleChanged: `${SBIN}/pgkeep-role-changed`,
  redirect: `${SBIN}/pgkeep-redirect`,
  isPrimary: `${SBIN}/pgkeep-is-primary`,
  config: ETC,
  tls: TLS,
  secrets: SECRETS,
  authority: `${TLS}/authority.pem`,
  certificate: `${TLS}/server.pem`,
  /** Owned by postgres: PostgreSQL, Patroni and pgBackRest. */
  key: `${TLS}/server.key`,
  /** The same key, owned by etcd. */
  etcdKey: `${TLS}/etcd.key`,
  tsig: `${SECRETS}/tsig.key`,
  fencingKey: `${SECRETS}/fencing_ed25519`,
  fenceConfig: `${ETC}/fence.json`,
  fenceKnownHosts: `${ETC}/fence_known_hosts`,
  /** Present and young: an operator has confirmed that the member of that name is powered off. */
  fencedByOperator: "/run/pgkeep/fenced",
  /** What Patroni's distributed configuration must hold. */
  dcs: `${ETC}/dcs.json`,
  rolesSql: `${ETC}/roles.sql`,
  patroni: "/etc/patroni/config.yml",
  etcd: "/etc/default/etcd",
  /** Run before etcd: founds a cluster or joins one. */
  etcdStart: `${SBIN}/pgkeep-etcd-state`,
  /** What it found; takes precedence over the environment file. */
  etcdState: "/run/pgkeep/etcd.env",
  pgbackrest: "/etc/pgbackrest/pgbackrest.conf",
  keepalived: "/etc/keepalived/keepalived.conf",
  nftables: "/etc/nftables.conf",
  hosts: "/etc/hosts",
  sysctl: "/etc/sysctl.d/60-pgkeep.conf",
  state: "/var/lib/pgkeep",
  socket: "/var/run/postgresql",
  logs: "/var/log/postgresql",
  spool: "/var/spool/pgbackrest",
  backupLogs: "/var/log/pgbackrest",
  /** On VMware: who may configure the guest, and how its SSH server and Tools are set. */
  authorizedKeys: `${ETC}/ssh/authorized_keys`,
  sshConfig: "/etc/ssh/sshd_config.d/00-pgkeep.conf",
  sudoers: "/etc/sudoers.d/pgkeep",
  tools: "/etc/vmware-tools/tools.conf",
  /** Run by Tools before and after a quiesced snapshot. */
  freeze: "/etc/vmware-tools/backupScripts.d/50-pgkeep",
  etcdData: "/var/lib/etcd/pgkeep",
} as const;

/** Where a member remembers the last role that Patroni gave it. Outside the data directory, which pg_rewind overwrites. */
export const LAST_ROLE = "/var/lib/pgkeep/role/last";

/** Mount points of the data and WAL volumes. */
export const MOUNTS = { data: "/var/lib/postgresql", wal: "/var/lib/pgwal" } as const;

/** Data directory of a major version, as Debian lays it out. */
export function dataDirectory(major: Major): string {
  return `${MOUNTS.data}/${major}/main`;
}

/** Directory on the WAL volume that `pg_wal` points to. */
export function walDirectory(major: Major): string {
  return `${MOUNTS.wal}/${major}`;
}

/** Server and client programs of a major version. */
export function binDirectory(major: Major): string {
  return `/usr/lib/postgresql/${major}/bin`;
}

/** `address:port`, with brackets around IPv6. */
export function endpoint(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** A host route: the address with the length of one host. */
export function hostCidr(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}
