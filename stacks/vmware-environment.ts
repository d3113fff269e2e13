import type { Purpose } from "../components/declaration/index.js";
import { ClusterIsolation } from "../components/nsx/index.js";
import { ClusterRecovery, type SiteInventory } from "../components/srm/index.js";
import { PostgresCluster, type Site } from "../components/vsphere/index.js";
import type { VmwareConfiguration } from "./configuration.js";
import type { StackOutputs } from "./outputs.js";

/** Declares an environment on VMware; everything comes from the configuration. */
export function vmwareEnvironment({
  environment,
  secrets,
  privateKey,
  vcenters,
  protect,
}: VmwareConfiguration): StackOutputs {
  const { name } = environment.cluster;
  const cluster = new PostgresCluster(name, {
    environment,
    vcenters,
    secrets,
    access: { privateKey },
    protect,
  });
  const { plan, endpoint, virtualMachines, sites } = cluster;
  for (const manager of environment.vmware.nsx ?? [])
    new ClusterIsolation(`${name}-${manager.sites.join("-")}`, {
      plan,
      manager,
      virtualMachines: each(virtualMachines, ({ uuid }) => uuid),
    });
  if (environment.vmware.srm?.sites === undefined) return { recoveryPlan: plan, endpoint };
  const { runbook } = new ClusterRecovery(
    name,
    {
      environment,
      plan,
      inventory: each(sites, inventoryOf),
      virtualMachines: each(virtualMachines, ({ id }) => id),
    },
    // A VM is replicated once its server is set up: what was copied before would only be copied again.
    { dependsOn: cluster },
  );
  return { recoveryPlan: plan, endpoint, runbook };
}

function inventoryOf({ folderId, poolId, datastoreId, networkIds, networkTypes }: Site): SiteInventory {
  const network = (purpose: Purpose): SiteInventory["networks"][Purpose] => ({
    id: networkIds[purpose],
    type: networkTypes[purpose],
  });
  const networks = {
    management: network("management"),
    client: network("client"),
    replication: network("replication"),
  };
  return { folderId, poolId, datastoreId, networks };
}

function each<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
