import {
  folderOf,
  guestNames,
  machines,
  primaryMember,
  PURPOSES,
  siteCluster,
  type Environment,
  type GuestAddresses,
  type Host,
  type KubernetesEnvironment,
  type MachineEnvironment,
} from "../declaration/index.js";
import { achieved } from "./objectives.js";
import type { Achieved } from "./outcome.js";

/** What a guest is there for. */
export type GuestKind = "member" | "witness";

/** The disks of a guest, in the order of their targets. */
export const DISKS = [
  { target: "vda", purpose: "system" },
  { target: "vdb", purpose: "data" },
  { target: "vdc", purpose: "wal" },
] as const;

/** A disk of a guest. */
export interface PlanDisk {
  readonly target: string;
  readonly purpose: (typeof DISKS)[number]["purpose"];
  /** Path on the hypervisor; on vSphere the datastore that holds it, in brackets. */
  readonly path: string;
}

/** Where a VM stands in vCenter. */
export interface PlanVm {
  /** Name of the vCenter Server, with a port if it is not 443. */
  readonly vcenter: string;
  /** Inventory path, such as /dc-a/vm/databases/pg-a1. */
  readonly path: string;
}

/** A guest: a database member or the witness. The libvirt domain or VM has the guest's name. */
export interface PlanGuest {
  readonly name: string;
  readonly kind: GuestKind;
  readonly site: string;
  /** Name of its hypervisor; on VMware, of the operations host of its site. */
  readonly host: string;
  /** On VMware alone. */
  readonly vm?: PlanVm | undefined;
  readonly addresses: GuestAddresses;
  /** MAC address a purpose; decides the order and the names of the interfaces. */
  readonly macs: Readonly<Record<"management" | "client" | "replication", string>>;
  readonly disks: readonly PlanDisk[];
}

/** A database member on Kubernetes; the pod has the member's name. */
export interface PlanPod {
  readonly name: string;
  readonly site: string;
  /** Context in the site's kubeconfig; its current one where none is named. */
  readonly context?: string | undefined;
  readonly namespace: string;
  /** StatefulSet or operated cluster that it belongs to. */
  readonly cluster: string;
  readonly primary: boolean;
}

/** Where things lie on every hypervisor. */
export const HOST_PATHS = {
  plan: "/etc/pgkeep/plan.json",
  authority: "/etc/pgkeep/authority.pem",
  /** JSON object, role to password; mode 0600. Only on the witness's hypervisor, for drills. */
  passwords: "/etc/pgkeep/secrets/passwords.json",
  /** TSIG key file for nsupdate -k; mode 0600. */
  tsig: "/etc/pgkeep/secrets/tsig.key",
  operationsKey: "/etc/pgkeep/secrets/operations_ed25519",
  knownHosts: "/etc/pgkeep/known_hosts",
  state: "/var/lib/pgkeep/state",
  evidence: "/var/lib/pgkeep/evidence/evidence.jsonl",
  fenceHook: "/etc/libvirt/hooks/qemu.d/50-pgkeep",
  fenceCommand: "/usr/local/sbin/pgkeep-fence",
} as const;

/** Everything that the `pgkeep` command needs to know, without any secret: an output of the stack and a file on every hypervisor. */
export interface RecoveryPlan {
  readonly format: "pgkeep/recovery-plan/1";
  readonly environment: Environment;
  readonly guests: readonly PlanGuest[];
  /** On Kubernetes alone, where there are no guests. */
  readonly pods?: readonly PlanPod[] | undefined;
  /** Guest that holds the backup repository; absent when no base backup is declared. */
  readonly repository?: string | undefined;
  /** pgBackRest's name for the cluster. */
  readonly stanza: string;
  /** What the declared schedules and settings achieve at worst. */
  readonly achieved: readonly Achieved[];
}

/**
 * Builds the plan. Pure: the same environment gives the same plan.
 *
 * @throws RangeError when two guests would get the same MAC address
 */
export function recoveryPlan(environment: Environment): RecoveryPlan {
  if (environment.platform === "kubernetes")
    return {
      format: "pgkeep/recovery-plan/1",
      environment,
      guests: [],
      pods: planPods(environment),
      stanza: environment.cluster.name,
      achieved: achieved(environment),
    };
  const guests = guestNames(environment).map((name) => planGuest(environment, name));
  refuseTwins(environment, guests);
  return {
    format: "pgkeep/recovery-plan/1",
    environment,
    guests,
    ...(environment.backup.base === undefined ? {} : { repository: machines(environment).witness?.name }),
    stanza: environment.cluster.name,
    achieved: achieved(environment),
  };
}

function planPods(environment: KubernetesEnvironment): readonly PlanPod[] {
  const primary = primaryMember(environment).name;
  return environment.cluster.members.map(({ name, site }) => {
    const { context, namespace } = required(environment.kubernetes.sites.find((each) => each.site === site));
    return {
      name,
      site,
      ...(context === undefined ? {} : { context }),
      namespace,
      cluster: siteCluster(environment.cluster.name, site),
      primary: name === primary,
    };
  });
}

function planGuest(environment: MachineEnvironment, name: string): PlanGuest {
  const { cluster, sites } = environment;
  const member = cluster.members.find((candidate) => candidate.name === name);
  const site = member?.site ?? required(sites.find(({ role }) => role === "witness")).name;
  const host = hostOf(environment, site);
  const addresses = required(machines(environment).addresses.find(({ guest }) => guest === name));
  const kind: GuestKind = member === undefined ? "witness" : "member";
  return {
    name,
    kind,
    site,
    host: host.name,
    addresses,
    macs: {
      management: macOf(environment, addresses.management, 0),
      client: macOf(environment, addresses.client, 1),
      replication: macOf(environment, addresses.replication, 2),
    },
    ...placeOf(environment, name, site),
  };
}

/** Two equal MAC addresses on one network would take each other's traffic. */
function refuseTwins({ platform }: MachineEnvironment, guests: readonly PlanGuest[]): void {
  for (const purpose of PURPOSES) {
    guests.forEach((guest, i) => {
      const twin = guests.slice(0, i).find(({ macs }) => macs[purpose] === guest.macs[purpose]);
      if (twin !== undefined)
        throw new RangeError(
          `${platform}.addresses: ${purpose} ${guest.addresses[purpose]} of ${guest.name} gives the MAC address of ${twin.name}; give ${guest.name} another address`,
        );
    });
  }
}

/** The hypervisor or operations host of a site. The declaration's checks guarantee that there is exactly one. */
export function hostOf(environment: Environment, site: string): Host {
  return required(machines(environment).hosts.find((host) => host.site === site));
}

/** Where a guest and its disks lie. */
function placeOf(
  environment: MachineEnvironment,
  name: string,
  site: string,
): Pick<PlanGuest, "disks" | "vm"> {
  if (environment.platform === "kvm") {
    const { poolPath } = required(environment.kvm.hosts.find((host) => host.site === site));
    return {
      disks: DISKS.map(({ target, purpose }) => ({
        target,
        purpose,
        path: `${poolPath}/${name}-${purpose}.qcow2`,
      })),
    };
  }
  const place = required(environment.vmware.sites.find((candidate) => candidate.site === site));
  const folder = folderOf(environment.cluster.name, place);
  return {
    vm: { vcenter: place.vcenter, path: `/${place.datacenter}/vm/${folder}/${name}` },
    disks: DISKS.map(({ purpose }) => ({ target: purpose, purpose, path: `[${place.datastore}]` })),
  };
}

function required<T>(value: T | undefined): T {
  // Cannot happen after parseEnvironment; a plan from elsewhere deserves a clear end.
  if (value === undefined) throw new TypeError("the environment was not checked by parseEnvironment");
  return value;
}

/** Ranges for static addresses: QEMU's, and VMware's, which ends at 00:50:56:3f:ff:ff. */
const MAC_RANGES = { kvm: "52:54:00", vmware: "00:50:56" } as const;

/**
 * A stable MAC address in the platform's range, from the purpose and a digest of the address in 16 bits. Two addresses may meet
 * in one; {@link refuseTwins} finds that.
 */
function macOf({ platform }: MachineEnvironment, address: string, purpose: number): string {
  const digest = [...address].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 0x10000, 7);
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  return `${MAC_RANGES[platform]}:${hex(purpose)}:${hex(digest >> 8)}:${hex(digest & 0xff)}`;
}
