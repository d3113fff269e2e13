import * as pulumi from "@pulumi/pulumi";
import {
  longestInterval,
  PURPOSES,
  type Purpose,
  type SrmSite,
  type VmwareEnvironment,
} from "../declaration/index.js";
import type { RecoveryPlan as Plan } from "../recovery/index.js";
import type { CalloutArgs, InventoryPairArgs, SrmServerArgs, SrmSiteArgs, SrmSitesArgs } from "./args.js";
import type { Runbook } from "./client/runbook.js";
import { failoverCallouts } from "./failover-callouts.js";
import { InventoryMappings } from "./inventory-mappings.js";
import { ProtectionGroup } from "./protection-group.js";
import { RecoveryPlan } from "./recovery-plan.js";

/** Managed objects of a site in vCenter. */
export interface SiteInventory {
  readonly folderId: pulumi.Input<string>;
  readonly poolId: pulumi.Input<string>;
  readonly datastoreId: pulumi.Input<string>;
  readonly networks: Readonly<
    Record<Purpose, { readonly id: pulumi.Input<string>; readonly type: pulumi.Input<string> }>
  >;
}

export interface ClusterRecoveryArgs {
  environment: VmwareEnvironment;
  plan: Plan;
  /** What is where, by site. */
  inventory: Readonly<Record<string, SiteInventory>>;
  /** Managed object id of each guest's VM, by the guest's name. */
  virtualMachines: Readonly<Record<string, pulumi.Input<string>>>;
}

/** The database is recovered after what it needs and before what needs it. */
const PRIORITY = 2;
/** Seconds for a clean shutdown with its checkpoint. */
const SHUTDOWN = 600;

/**
 * Recovery of a cluster's VMs by Site Recovery Manager: mappings of both sites, a protection group of the members at the primary site,
 * and the plan. Members of the standby site stream: a copy of one would be a second server of the same system identifier.
 */
export class ClusterRecovery extends pulumi.ComponentResource {
  /** What `pgkeep recovery-plan` has to know; no secret is in it. */
  readonly runbook: pulumi.Output<Runbook>;

  constructor(name: string, args: ClusterRecoveryArgs, opts?: pulumi.ComponentResourceOptions) {
    const { environment, plan, inventory, virtualMachines } = args;
    const { srm } = environment.vmware;
    const { vm } = environment.replication;
    const [from, to] = (["primary", "standby"] as const).map((role) => sideOf(environment, role));
    const [here, there] = [inventory[from?.site ?? ""], inventory[to?.site ?? ""]];
    if (srm === undefined || vm === undefined || !from || !to || !here || !there)
      throw new TypeError("the environment was not checked by parseEnvironment");
    super("pgkeep:srm:ClusterRecovery", name, { inventory, virtualMachines }, opts);
    const sites: SrmSitesArgs = { protected: siteOf(from), recovery: siteOf(to) };
    const pair = (
      type: pulumi.Input<string>,
      a: pulumi.Input<string>,
      b: pulumi.Input<string>,
    ): InventoryPairArgs => ({
      protected: idOf(type, a, from),
      recovery: idOf(type, b, to),
    });
    const mappings = new InventoryMappings(
      `${name}-mappings`,
      {
        sites,
        networks: PURPOSES.map((purpose) =>
          pair(here.networks[purpose].type, here.networks[purpose].id, there.networks[purpose].id),
        ),
        folders: [pair("Folder", here.folderId, there.folderId)],
        resources: [pair("ResourcePool", here.poolId, there.poolId)],
      },
      { parent: this },
    );
    const protectedGuests = plan.guests.filter(({ kind, site }) => kind === "member" && site === from.site);
    const ids = protectedGuests.map((guest) =>
      idOf("VirtualMachine", virtualMachines[guest.name] ?? "", from),
    );
    const group = new ProtectionGroup(
      `${name}-group`,
      {
        sites,
        name: srm.protectionGroup,
        description: `PostgreSQL cluster ${environment.cluster.name}`,
        virtualMachines: ids.map((id) => ({
          id,
          replication: {
            rpo: longestInterval(vm.schedule) / 60,
            datastore: idOf("Datastore", there.datastoreId, to),
            ...pointsOf(vm.keep, longestInterval(vm.schedule)),
          },
        })),
      },
      { parent: this, dependsOn: mappings },
    );
    const { rto, rpo } = environment.objectives;
    this.runbook = new RecoveryPlan(
      `${name}-plan`,
      {
        sites,
        name: srm.recoveryPlan,
        protectionGroups: [group.groupId],
        virtualMachines: ids.map((id) => ({ id, priority: PRIORITY, shutdownTimeout: SHUTDOWN })),
        callouts: calloutsOf(environment, plan, { from: from.site, to: to.site }),
        runbook: {
          environment: environment.name,
          cluster: environment.cluster.name,
          objectives: { rto, rpo },
          evidenceRetention: environment.drills.evidence.retention,
        },
      },
      { parent: this },
    ).runbook;
    this.registerOutputs({ runbook: this.runbook });
  }
}

function sideOf({ sites, vmware }: VmwareEnvironment, role: "primary" | "standby"): SrmSite | undefined {
  const site = sites.find((one) => one.role === role)?.name;
  return vmware.srm?.sites?.find((one) => one.site === site);
}

function siteOf(site: SrmSite): SrmSiteArgs {
  return {
    name: site.site,
    vcenter: site.vcenterId,
    server: serverOf(site),
    replication: serverOf(site.replication ?? site),
    credentials: site.credentials,
  };
}

function serverOf({
  address,
  port,
  authority,
}: Pick<SrmSite, "address" | "port" | "authority">): SrmServerArgs {
  return { address, port, ...(authority === undefined ? {} : { caCertificate: authority }) };
}

function idOf(
  type: pulumi.Input<string>,
  id: pulumi.Input<string>,
  { vcenterId }: SrmSite,
): pulumi.Output<string> {
  return pulumi.interpolate`${type}:${id}:${vcenterId}`;
}

/** Older copies as vSphere Replication counts them: so many a day, for so many days. */
function pointsOf(keep: number, interval: number): { pointsInTime?: { instances: number; days: number } } {
  if (keep < 2) return {};
  const aDay = Math.max(1, Math.floor(86_400 / interval));
  const days = Math.ceil(keep / aDay);
  return { pointsInTime: { instances: Math.min(keep, aDay), days } };
}

function calloutsOf(
  { cluster, vmware, failover }: VmwareEnvironment,
  { guests }: Plan,
  sites: { readonly from: string; readonly to: string },
): CalloutArgs[] {
  const memberAt = (site: string): string | undefined =>
    guests.find((guest) => guest.kind === "member" && guest.site === site)?.name;
  const [primary, candidate] = [memberAt(sites.from), memberAt(sites.to)];
  const program = vmware.srm?.program;
  if (program === undefined || primary === undefined || candidate === undefined) return [];
  return failoverCallouts({
    ...{ cluster: cluster.name, primary, candidate, program },
    redirect: failover.redirect.kind === "dns",
  });
}
