import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import type { Secrets, Vmware, VmwareEnvironment, VmwareHost, VmwareSite } from "../declaration/index.js";
import { clientEndpoint, cloudInit, guestInfo } from "../postgres/index.js";
import { guestSizing, recoveryPlan, type PlanGuest, type RecoveryPlan } from "../recovery/index.js";
import type { HostAccess } from "../remote/index.js";
import type { VcenterAccess } from "./connection.js";
import { GuestConfiguration } from "./guest-configuration.js";
import { GuestHostKey } from "./guest-host-key.js";
import { OperationsHost } from "./operations-host.js";
import { Permissions, type PermissionEntity } from "./permissions.js";
import { PostgresVm } from "./postgres-vm.js";
import type { RoleKind } from "./privileges.js";
import { Site } from "./site.js";
import { grantsOf } from "./site-permissions.js";
import { SnapshotSchedule } from "./snapshot-schedule.js";
import { labelOf, Vcenter } from "./vcenter.js";

export interface PostgresClusterArgs {
  /** The whole declaration, as `parseEnvironment` gives it. */
  environment: VmwareEnvironment;
  /** Accounts of every vCenter Server, by the name that the declaration gives it; kept secret. */
  vcenters: Readonly<Record<string, VcenterAccess>>;
  access: HostAccess;
  /** Kept secret from here to the guests. */
  secrets: pulumi.Input<Secrets>;
  /** Refuse to delete or replace VMs, and keep their data disks. @default true */
  protect?: boolean;
}

/** A guest's VM as others name it. */
export interface PlacedVm {
  /** BIOS UUID. */
  readonly uuid: pulumi.Output<string>;
  /** Managed object id. */
  readonly id: pulumi.Output<string>;
}

/** What stands ready at one site. */
interface Place {
  readonly declared: VmwareSite;
  readonly host: VmwareHost;
  readonly vcenter: Vcenter;
  readonly site: Site;
  readonly agent: OperationsHost;
}

/**
 * A PostgreSQL cluster over vSphere sites, with its witness: folders, pools, port groups, roles and permissions, hardened VMs kept
 * apart and started first, their configuration, and what the operations hosts run to keep and to recover it.
 */
export class PostgresCluster extends pulumi.ComponentResource {
  /** Everything that the `pgkeep` command needs to know; no secret in it. */
  readonly plan: RecoveryPlan;
  /** Where clients connect: `host:port` of the record or address that follows the primary. */
  readonly endpoint: pulumi.Output<string>;
  /** The VM of each guest, by the guest's name: BIOS UUID and managed object id. */
  readonly virtualMachines: Readonly<Record<string, PlacedVm>>;
  /** What stands ready at each site, by the site's name. */
  readonly sites: Readonly<Record<string, Site>>;

  constructor(name: string, args: PostgresClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { environment, protect = true } = args;
    refuseMissingAccess(name, args);
    super("pgkeep:vsphere:PostgresCluster", name, { environment, protect }, opts);
    this.plan = recoveryPlan(environment);
    const vcenters = new Map<string, Vcenter>();
    for (const { vcenter } of environment.vmware.sites)
      if (!vcenters.has(vcenter))
        vcenters.set(
          vcenter,
          new Vcenter(
            `${name}-${labelOf(vcenter)}`,
            { server: vcenter, access: accessOf(args, vcenter), environment },
            { parent: this },
          ),
        );
    const placed: Record<string, PlacedVm> = {};
    const sites: Record<string, Site> = {};
    for (const declared of environment.vmware.sites) {
      const place = this.prepare(name, declared, vcenters, args);
      const guests = this.plan.guests.filter(({ site }) => site === declared.site);
      const vms = guests.map((guest) => {
        const vm = this.place(name, guest, place, args);
        placed[guest.name] = vm;
        return vm;
      });
      sites[declared.site] = place.site;
      this.keepApart(
        name,
        vms.map(({ uuid }) => uuid),
        place,
      );
    }
    this.virtualMachines = placed;
    this.sites = sites;
    this.endpoint = pulumi.output(clientEndpoint(environment));
    this.registerOutputs({ plan: this.plan, endpoint: this.endpoint });
  }

  /** Operations host, folder, pool, networks and permissions of one site. */
  private prepare(
    cluster: string,
    declared: VmwareSite,
    vcenters: ReadonlyMap<string, Vcenter>,
    { environment, access, secrets }: PostgresClusterArgs,
  ): Place {
    const vcenter = vcenters.get(declared.vcenter);
    const host = environment.vmware.hosts.find(({ site }) => site === declared.site);
    if (vcenter === undefined || host === undefined)
      throw new TypeError("the environment was not checked by parseEnvironment");
    const agent = new OperationsHost(
      `${cluster}-${host.name}-agent`,
      { host, access, plan: this.plan, credentials: vcenter.operations, secrets },
      { parent: this },
    );
    const site = new Site(
      `${cluster}-${declared.site}`,
      {
        cluster: environment.cluster.name,
        place: declared,
        reservation: reservationAt(this.plan, environment.vmware, declared.site),
      },
      { parent: this, providers: [vcenter.provider] },
    );
    const { accounts } = environment.vmware;
    if (accounts !== undefined && vcenter.roles !== undefined) {
      const { roles } = vcenter;
      const permit = (what: string, entity: PermissionEntity, only?: readonly RoleKind[]): void => {
        const grants = grantsOf(environment.platformRoles, accounts, (kind) => roles.idOf(kind), only);
        if (grants.length > 0)
          new Permissions(
            `${cluster}-${declared.site}-${what}`,
            { entity, grants },
            { parent: this, providers: [vcenter.provider] },
          );
      };
      permit("folder", { id: site.folderId, type: "Folder" });
      permit("pool", { id: site.poolId, type: "ResourcePool" }, ["auditor", "recoveryOperator"]);
      for (const [purpose, id] of Object.entries(site.ownNetworkIds))
        permit(purpose, { id, type: "DistributedVirtualPortgroup" }, ["auditor", "recoveryOperator"]);
      if (declared.dedicatedDatastore) permit("datastore", { id: site.datastoreId, type: "Datastore" });
    }
    return { declared, host, vcenter, site, agent };
  }

  /** A guest, its schedule and its configuration. */
  private place(
    cluster: string,
    guest: PlanGuest,
    { declared, host, vcenter, site, agent }: Place,
    args: PostgresClusterArgs,
  ): PlacedVm {
    const { environment, access, secrets } = args;
    const { cluster: postgres, hardening, vmware, backup } = environment;
    const name = `${cluster}-${guest.name}`;
    const sizing = guestSizing(environment, guest.kind);
    // The public half is no secret; it would hide the whole VM from policies and previews.
    const operationsKey = pulumi.unsecret(
      pulumi.output(secrets).apply(({ operationsKey: { public: key } }) => key),
    );
    const vm = new PostgresVm(
      name,
      {
        name: guest.name,
        annotation: `pgkeep ${environment.name}: ${guest.kind} of ${postgres.name} at site ${guest.site}`,
        sizing,
        template: site.templateUuid,
        resourcePoolId: site.poolId,
        datastoreId: site.datastoreId,
        folder: site.folder,
        guestId: vmware.guestId,
        hardwareVersion: vmware.hardwareVersion,
        cpuReservation: vmware.cpuReservation,
        secureBoot: hardening.secureBoot,
        tpm: hardening.tpm,
        storagePolicyId: site.storagePolicyId,
        interfaces: {
          management: { networkId: site.networkIds.management, mac: guest.macs.management },
          client: { networkId: site.networkIds.client, mac: guest.macs.client },
          replication: { networkId: site.networkIds.replication, mac: guest.macs.replication },
        },
        guestInfo: operationsKey.apply((key) => guestInfo(cloudInit(this.plan, guest.name, key))),
        tags: [vcenter.tags[guest.kind]],
        timeFromHost: hardening.ntp.length === 0,
        protect: args.protect ?? true,
      },
      // No VM is made that nobody could configure.
      { parent: this, providers: [vcenter.provider], dependsOn: [agent] },
    );
    new vsphere.HaVmOverride(
      `${name}-restart`,
      {
        computeClusterId: site.computeClusterId,
        virtualMachineId: vm.vmUuid,
        haVmRestartPriority: guest.kind === "witness" ? "highest" : "high",
      },
      { parent: this, provider: vcenter.provider },
    );
    new vsphere.DrsVmOverride(
      `${name}-placement`,
      {
        computeClusterId: site.computeClusterId,
        virtualMachineId: vm.vmUuid,
        drsEnabled: true,
        drsAutomationLevel: vmware.drs,
      },
      { parent: this, provider: vcenter.provider },
    );
    if (backup.vmSnapshot !== undefined)
      new SnapshotSchedule(
        `${name}-snapshots`,
        {
          environment: environment.name,
          guest: guest.name,
          host: host.name,
          schedule: backup.vmSnapshot.schedule,
          retention: backup.vmSnapshot.retention,
          quiesce: backup.vmSnapshot.quiesce,
        },
        { parent: this },
      );
    const { hostKey } = new GuestHostKey(
      `${name}-host-key`,
      {
        host,
        access,
        vcenter: declared.vcenter,
        credentials: vcenter.operations,
        vmUuid: vm.vmUuid,
      },
      { parent: this },
    );
    new GuestConfiguration(
      `${name}-configuration`,
      {
        host,
        access,
        plan: this.plan,
        guest: guest.name,
        hostKey,
        devices: vm.devices,
        vmUuid: vm.vmUuid,
        sizes: sizing.disks,
        secrets,
      },
      { parent: this },
    );
    return { uuid: vm.vmUuid, id: vm.vmId };
  }

  /** Guests of a site on different hosts, as long as there are enough of them. */
  private keepApart(cluster: string, uuids: readonly pulumi.Output<string>[], place: Place): void {
    if (uuids.length < 2) return;
    new vsphere.ComputeClusterVmAntiAffinityRule(
      `${cluster}-${place.declared.site}-apart`,
      {
        name: `pgkeep-${cluster}-${place.declared.site}`,
        computeClusterId: place.site.computeClusterId,
        virtualMachineIds: [...uuids],
        enabled: true,
        // Mandatory, a member would stay down after the loss of a host instead of running beside another one.
        mandatory: false,
      },
      { parent: this, provider: place.vcenter.provider },
    );
  }
}

/** Reserved at a site: its guests, and at the recovery site the capacity that the declaration keeps free. */
function reservationAt(
  { environment, guests }: RecoveryPlan,
  { cpuReservation }: Vmware,
  site: string,
): { cpu: number; memory: number } {
  const own = guests
    .filter((guest) => guest.site === site)
    .map((guest) => guestSizing(environment, guest.kind));
  const { capacity } = environment;
  const kept = capacity?.site === site ? [{ cpus: capacity.cpus, memory: capacity.memory }] : [];
  const all = [...own, ...kept];
  return {
    cpu: all.reduce((total, { cpus }) => total + cpus * cpuReservation, 0),
    memory: all.reduce((total, { memory }) => total + memory, 0),
  };
}

function accessOf({ vcenters }: PostgresClusterArgs, server: string): VcenterAccess {
  const access = vcenters[server];
  if (access === undefined) throw new TypeError(`no accounts of ${server}`);
  return access;
}

function refuseMissingAccess(name: string, { environment, vcenters }: PostgresClusterArgs): void {
  const servers = new Set(environment.vmware.sites.map(({ vcenter }) => vcenter));
  const problems = [...servers]
    .filter((server) => !Object.hasOwn(vcenters, server))
    .map((server) => `vcenters: has no accounts of ${server}; give its deployer and its operations account`);
  if (problems.length > 0) throw new TypeError(`PostgresCluster ${name}:\n  ${problems.join("\n  ")}`);
}
