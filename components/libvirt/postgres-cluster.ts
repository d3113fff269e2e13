import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { compileNwFilter, filterParameters, guestRules } from "../access/index.js";
import {
  kvmOf,
  PURPOSES,
  type Environment,
  type KvmHost,
  type Purpose,
  type Secrets,
  type Sizing,
} from "../declaration/index.js";
import { clientEndpoint, cloudInit, PORTS } from "../postgres/index.js";
import { DISKS, guestSizing, recoveryPlan, type PlanGuest, type RecoveryPlan } from "../recovery/index.js";
import { GuestConfiguration } from "./guest-configuration.js";
import { HostAgent } from "./host-agent.js";
import { HostCheck } from "./host-check.js";
import { hostUri, type DeployerAccess } from "./host-connection.js";
import { InterfaceFilter } from "./interface-filter.js";
import { IsolatedNetwork } from "./isolated-network.js";
import { PostgresVm, type VmInterface } from "./postgres-vm.js";
import { StoragePool } from "./storage-pool.js";
import type { HostRequirements } from "./text/host-check-script.js";
import { stableUuid } from "./text/uuid.js";

export interface PostgresClusterArgs {
  /** The whole declaration, as `parseEnvironment` gives it. */
  environment: Environment;
  access: DeployerAccess;
  /** Kept secret from here to the guests. */
  secrets: pulumi.Input<Secrets>;
  /** Refuse to delete or replace VMs and their disks. @default true */
  protect?: boolean;
}

/** Longest first start of a guest in seconds; emulated ones share few processors. */
const FIRST_START = { kvm: 900, qemu: 2700 } as const;

/** What stands ready on one hypervisor before its guests. */
interface Prepared {
  readonly host: KvmHost;
  readonly check: HostCheck;
  readonly provider: libvirt.Provider;
  readonly pool: StoragePool;
  readonly networks: Readonly<Record<Purpose, IsolatedNetwork>>;
  readonly filters: Readonly<Record<Purpose, InterfaceFilter>>;
}

/**
 * A PostgreSQL cluster over hypervisors at several sites, with its witness: pools, networks, filters, guests, their
 * configuration, and what the hypervisors run to keep and to recover it. All guests start at once, since etcd needs its
 * peers.
 */
export class PostgresCluster extends pulumi.ComponentResource {
  /** Everything that the `pgkeep` command needs to know; no secret in it. */
  readonly plan: RecoveryPlan;
  /** Where clients connect: `host:port` of the record or address that follows the primary. */
  readonly endpoint: pulumi.Output<string>;

  constructor(name: string, args: PostgresClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { environment, access, protect = true } = args;
    const kvm = kvmOf(environment);
    super("pgkeep:libvirt:PostgresCluster", name, { environment, protect }, opts);
    this.plan = recoveryPlan(environment);
    const hosts = new Map(kvm.hosts.map((host) => [host.name, this.prepare(name, host, access)]));
    for (const guest of this.plan.guests) {
      const prepared = hosts.get(guest.host);
      if (prepared === undefined) throw new RangeError(`guest ${guest.name}: no hypervisor ${guest.host}`);
      this.place(name, guest, prepared, args);
    }
    for (const { host, check } of hosts.values())
      new HostAgent(
        `${name}-${host.name}-agent`,
        { host, access, plan: this.plan, secrets: args.secrets },
        { parent: this, dependsOn: [check] },
      );
    this.endpoint = pulumi.output(clientEndpoint(environment));
    this.registerOutputs({ plan: this.plan, endpoint: this.endpoint });
  }

  /** Pool, networks and filters of one hypervisor. */
  private prepare(cluster: string, host: KvmHost, access: DeployerAccess): Prepared {
    const { environment } = this.plan;
    const prefix = `${cluster}-${host.name}`;
    const provider = new libvirt.Provider(prefix, { uri: hostUri(host, access) }, { parent: this });
    const check = new HostCheck(
      `${prefix}-check`,
      { host, access, requirements: requirements(this.plan, host) },
      { parent: this },
    );
    // Nothing is made on a hypervisor that has not passed.
    const options = { parent: this, providers: [provider], dependsOn: [check] };
    const named = <T>(make: (purpose: Purpose) => T): Record<Purpose, T> => ({
      management: make("management"),
      client: make("client"),
      replication: make("replication"),
    });
    const pool = new StoragePool(
      `${prefix}-pool`,
      { name: `pgkeep-${cluster}`, path: host.poolPath },
      options,
    );
    new IsolatedNetwork(`${prefix}-drill`, { name: `pgkeep-${cluster}-drill` }, options);
    const networks = named(
      (purpose) =>
        new IsolatedNetwork(
          `${prefix}-${purpose}`,
          { name: `pgkeep-${cluster}-${purpose}`, bridge: host.bridges[purpose] },
          options,
        ),
    );
    const filters = named((purpose) => {
      const filter = `pgkeep-${cluster}-${purpose}`;
      const rules = guestRules(this.plan, purpose, PORTS);
      const xml = compileNwFilter({
        name: filter,
        uuid: stableUuid("nwfilter", environment.name, filter),
        rules,
      });
      return new InterfaceFilter(`${prefix}-${purpose}-filter`, { host, access, name: filter, xml }, options);
    });
    return { host, check, provider, pool, networks, filters };
  }

  /** A guest on its hypervisor and its configuration. */
  private place(cluster: string, guest: PlanGuest, prepared: Prepared, args: PostgresClusterArgs): void {
    const { environment, access, secrets } = args;
    const { host, provider, pool, networks, filters } = prepared;
    const { cluster: declared, hardening } = environment;
    const kvm = kvmOf(environment);
    const sizing = guestSizing(environment, guest.kind);
    const vm = new PostgresVm(
      `${cluster}-${guest.name}`,
      {
        name: guest.name,
        description: `pgkeep ${environment.name}: ${guest.kind} of ${declared.name} at site ${guest.site}`,
        domainType: kvm.domainType,
        sizing,
        image: kvm.image.path,
        boot: kvm.boot,
        secureBoot: kvm.boot.kind === "uefi" && hardening.secureBoot,
        tpm: hardening.tpm,
        pool: pool.poolName,
        poolPath: host.poolPath,
        interfaces: Object.fromEntries(
          PURPOSES.map((purpose): [Purpose, VmInterface] => [
            purpose,
            {
              network: networks[purpose].networkName,
              mac: guest.macs[purpose],
              filter: filters[purpose].filterName,
              parameters: filterParameters(addressesOf(environment, guest, purpose)),
            },
          ]),
        ) as Record<Purpose, VmInterface>,
        seed: cloudInit(this.plan, guest.name),
        protect: args.protect ?? true,
      },
      { parent: this, providers: [provider] },
    );
    new GuestConfiguration(
      `${cluster}-${guest.name}-configuration`,
      {
        host,
        access,
        plan: this.plan,
        guest: guest.name,
        domain: vm.domainName,
        generation: vm.generation,
        disks: dataDisks(sizing),
        secrets,
        wait: FIRST_START[kvm.domainType],
      },
      { parent: this },
    );
  }
}

/** Disks that outlive the guest's system, and their sizes. */
function dataDisks({ disks }: Sizing): { target: string; size: number }[] {
  return DISKS.flatMap(({ target, purpose }) =>
    purpose === "system" ? [] : [{ target, size: disks[purpose] }],
  );
}

/** Addresses that a guest may use on a network: its own, and the one that follows the primary. */
function addressesOf({ failover }: Environment, guest: PlanGuest, purpose: Purpose): string[] {
  const { redirect } = failover;
  const shared = purpose === "client" && guest.kind === "member" && redirect.kind === "vip";
  return [guest.addresses[purpose], ...(shared ? [redirect.address] : [])];
}

function requirements({ environment, guests }: RecoveryPlan, host: KvmHost): HostRequirements {
  const { cluster, hardening, failover, platformRoles } = environment;
  const kvm = kvmOf(environment);
  const { boot, image } = kvm;
  return {
    bridges: PURPOSES.map((purpose) => host.bridges[purpose]),
    files: [image.path, ...(boot.kind === "uefi" ? [boot.code, boot.variables] : [boot.kernel, boot.initrd])],
    image: image.path,
    systemDisk: cluster.sizing.disks.system,
    programs: [...(hardening.tpm ? ["swtpm"] : []), ...(failover.fencing ? ["sudo"] : [])],
    kvm: kvm.domainType === "kvm",
    accessControl: Object.values(platformRoles).some((accounts) => accounts.length > 0),
    absent: guests
      .filter((guest) => guest.host === host.name)
      .flatMap(({ disks }) => disks.map(({ path }) => path)),
  };
}
