import { z } from "zod";
import { guestAddresses, hostKey, sshPort, sshUser } from "./machines.js";
import { absolutePath, address, cidr, matching, name } from "./units.js";

/** Names of inventory objects: vCenter escapes these three characters, and paths of tools then differ from names. */
const inventoryName = matching(
  /^[^\s/\\%][^/\\%\p{Cc}]{0,78}[^\s/\\%]$|^[^\s/\\%]$/u,
  "the name of an object as vCenter shows it, at most 80 characters, without / \\ and %",
);

const inventoryPath = matching(
  /^[^\s/\\%][^\\%\p{Cc}]{0,198}[^\s/\\%]$/u,
  "a path as vCenter shows it, without leading and final /, such as databases/pgkeep",
);

const serverName = matching(
  /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$/,
  "the name that vCenter's certificate is for, in lower case, with a port if it is not 443: vcenter-a.example.org",
);

const megahertz = z.int().min(0).max(10_000);

/** A network that guests of a site are attached to. */
const network = z.strictObject({
  /** Name of the distributed port group, NSX segment or network. */
  name: inventoryName,
  /** VLAN of a port group that is made on the site's switch, for this cluster alone. @default none: the network exists */
  vlan: z.int().min(1).max(4094).optional(),
});

/** Where the guests of one site live. Everything named here exists, but for folder, pool and networks with a VLAN. */
const site = z.strictObject({
  site: name,
  /** The vCenter Server; user and password come from the configuration, never from here. */
  vcenter: serverName,
  datacenter: inventoryName,
  /** The compute cluster, with HA and DRS. */
  cluster: inventoryName,
  datastore: inventoryName,
  /** The datastore is this cluster's alone, so that its permissions may be set as a whole. @default false */
  dedicatedDatastore: z.boolean().default(false),
  /** Storage policy of the VM's home and of every disk; encryption at rest follows from it. @default none */
  storagePolicy: inventoryName.optional(),
  /** Made for this cluster's VMs; permissions are given here. Its parents exist. @default `pgkeep-<cluster>-<site>` */
  folder: inventoryPath.optional(),
  /** Template with Debian, Tools, PostgreSQL, Patroni, etcd and pgBackRest, installed for EFI, with one system disk. */
  template: inventoryName,
  /** Resource pool in which one is made for this cluster, such as cluster-a/Resources/databases. @default the compute cluster's own */
  parentPool: inventoryPath.optional(),
  /** Distributed switch of the networks that have a VLAN. */
  switch: inventoryName.optional(),
  /** One network a purpose; purposes are never shared. */
  networks: z.strictObject({ management: network, client: network, replication: network }),
});

/**
 * A Linux machine of a site, in its management network, with pgkeep and govc: what a hypervisor does for guests on KVM, it does
 * here. It runs the site's jobs and powers off members that are fenced; guests are configured through it.
 */
const host = z.strictObject({
  name,
  site: name,
  /** Address for SSH. With fencing, members call it as well. */
  address,
  /** @default 22 */
  port: sshPort,
  /** @default root */
  user: sshUser,
  /** The host's public SSH key, as in known_hosts without the name, such as "ssh-ed25519 AAAA…". */
  hostKey,
  /** Authorities that govc trusts for vCenter, as a PEM file there. @default those of the system */
  authorities: absolutePath.optional(),
});

/** An API that Pulumi calls. User and password come from environment variables where it runs, never from here. */
const api = {
  /** Name or address; the certificate must be for it. */
  address: matching(
    /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    "a name or address, without scheme and path",
  ),
  /** @default 443 */
  port: z.int().min(1).max(65_535).default(443),
  /** Authorities to trust, certificates in PEM; nothing else is trusted then. @default those that Node.js trusts */
  authority: matching(
    /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*/,
    "certificates in PEM",
  ).optional(),
} as const;

/** First part of the names of the environment variables with user and password. */
const credentials = (example: string): z.ZodDefault<z.ZodString> =>
  matching(
    /^[A-Z][A-Z0-9_]{0,63}$/,
    `the first part of the variables' names, such as ${example}: capitals, digits and _`,
  ).default(example);

/** An NSX Manager, or the virtual address of a cluster of them. */
const nsxManager = z.strictObject({
  ...api,
  /** Sites whose VMs it knows. */
  sites: z.array(name).min(1),
  /** @default session */
  authentication: z.enum(["session", "basic"]).default("session"),
  /** @default PGKEEP_NSX: PGKEEP_NSX_USER and PGKEEP_NSX_PASSWORD */
  credentials: credentials("PGKEEP_NSX"),
});

/** Site Recovery Manager and vSphere Replication of one site. */
const srmSite = z.strictObject({
  ...api,
  site: name,
  /** GUID of the site's vCenter, as its About page shows it. */
  vcenterId: matching(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    "the GUID of the site's vCenter, in lower case, such as 0b3c5a6e-8d2f-4f1a-9c7b-2e4d6f8a1b3c",
  ),
  /** The appliance of vSphere Replication. @default the same address */
  replication: z.strictObject(api).optional(),
  /** @default PGKEEP_SRM: PGKEEP_SRM_USER and PGKEEP_SRM_PASSWORD */
  credentials: credentials("PGKEEP_SRM"),
});

/** Everything that only VMware needs. */
export const vmwareSchema = z.strictObject({
  sites: z.array(site).min(1),
  hosts: z.array(host).min(1),
  /**
   * IPv4 networks of the guests, one a purpose, stretched over the sites. Guests reach nothing beyond management, and beyond
   * client by the gateway.
   */
  networks: z.strictObject({ management: cidr, client: cidr, replication: cidr }),
  /** Default gateway on the client network, needed by access groups elsewhere. @default none */
  gateway: address.optional(),
  addresses: z.array(guestAddresses).min(1),
  /** The VM at the witness site: third etcd member and backup repository. */
  witness: z.strictObject({ name }).optional(),
  /** Operating system of the template, as vSphere names it. @default debian12_64Guest */
  guestId: matching(/^[A-Za-z0-9_]+Guest$/, "vSphere's name of the system, such as debian12_64Guest").default(
    "debian12_64Guest",
  ),
  /** Virtual hardware; 17 is the least that the vendor's hardening guide accepts, 19 came with vSphere 7.0 U2. @default 19 */
  hardwareVersion: z.int().min(17).max(22).default(19),
  /** Processor time that each virtual processor is guaranteed, in MHz; memory is guaranteed in full. @default 1000 */
  cpuReservation: megahertz.default(1000),
  /** What DRS may do with members; each move stops a server for a moment. @default partiallyAutomated: place, and only propose moves */
  drs: z.enum(["manual", "partiallyAutomated", "fullyAutomated"]).default("partiallyAutomated"),
  /** Whose directory the accounts of platformRoles are in; needed where there are any. @default none */
  accounts: z
    .strictObject({
      /** Domain as vCenter shows it before the name. */
      domain: matching(
        /^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/,
        "the domain of the accounts, such as VSPHERE.LOCAL",
      ),
      /** @default groups */
      kind: z.enum(["groups", "users"]).default("groups"),
    })
    .optional(),
  /** NSX Managers whose distributed firewall isolates the guests of their sites. @default none: the guests' own firewalls alone */
  nsx: z.array(nsxManager).min(1).optional(),
  /** Site Recovery Manager, which replicates and recovers the VMs where replication.vm is declared. @default none */
  srm: z
    .strictObject({
      protectionGroup: inventoryName,
      recoveryPlan: inventoryName,
      /** The primary and the standby site: mappings, group and plan are made there. @default they are made by hand */
      sites: z.array(srmSite).length(2).optional(),
      /** Program on the appliances that carries out the steps around SRM's own; see docs/srm.md. @default no such steps */
      program: matching(
        /^\/[A-Za-z0-9._/-]+$/,
        "a full path of letters, digits, . _ - and /, such as /opt/pgkeep/srm-step",
      ).optional(),
    })
    .optional(),
});

export type Vmware = z.infer<typeof vmwareSchema>;
export type VmwareSite = Vmware["sites"][number];
export type NsxSites = NonNullable<Vmware["nsx"]>[number];
export type SrmSite = NonNullable<NonNullable<Vmware["srm"]>["sites"]>[number];
export type VmwareHost = Vmware["hosts"][number];

/** Folder of a site's VMs, below the datacenter's VM folder. */
export function folderOf(cluster: string, { folder, site: place }: VmwareSite): string {
  return folder ?? `pgkeep-${cluster}-${place}`;
}
