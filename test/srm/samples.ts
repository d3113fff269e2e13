import type {
  InventoryMappingsArgs,
  ProtectionGroupArgs,
  RecoveryPlanArgs,
  SrmSitesArgs,
} from "../../components/srm/index.js";
import type { Runbook } from "../../components/srm/client/runbook.js";
import { parseGroup, type GroupDeclaration } from "../../components/srm/group-schema.js";
import type { GroupFacts } from "../../components/srm/group-facts.js";
import type { PlanFacts } from "../../components/srm/plan-facts.js";
import {
  parseMappings,
  type MappingFact,
  type MappingsDeclaration,
} from "../../components/srm/mappings-schema.js";
import { parsePlan, type PlanDeclaration } from "../../components/srm/plan-schema.js";
import {
  kinds,
  SrmProvider,
  type ObjectInputs,
  type ObjectState,
} from "../../components/srm/provider/index.js";
import { requireParsed } from "../../components/dynamic/parse.js";
import type { Timing } from "../../components/rest/timing.js";
import { SrmEndpoint, type EndpointOptions, type SiteIndex } from "../../lab/endpoints/srm/index.js";

/** Long, so that no other text holds them by chance; each site has its own. */
export const CREDENTIALS = [
  { user: "planted-user-a-51c3", password: "planted:pass wörd/&=a-77f1" },
  { user: "planted-user-b-90de", password: "planted:pass wörd/&=b-2e08" },
] as const;
export const ENVIRONMENT = {
  SRM_A_USER: CREDENTIALS[0].user,
  SRM_A_PASSWORD: CREDENTIALS[0].password,
  SRM_B_USER: CREDENTIALS[1].user,
  SRM_B_PASSWORD: CREDENTIALS[1].password,
} as const;
export const VCENTERS = [
  "aaaaaaaa-0000-4000-8000-00000000000a",
  "bbbbbbbb-0000-4000-8000-00000000000b",
] as const;
export const OWNER = "shop/prod/pg";

/** As patient as the real one, and much faster. */
export const FAST: Timing = { attempts: 6, firstPause: 2, longestPause: 10, request: 15_000, poll: 2 };

export const at = (site: SiteIndex, type: string, moid: string): string =>
  `${type}:${moid}:${VCENTERS[site]}`;
export const VM_A = at(0, "VirtualMachine", "vm-80");
export const VM_B = at(0, "VirtualMachine", "vm-81");

export function startEndpoint(options: Partial<EndpointOptions> = {}): Promise<SrmEndpoint> {
  return SrmEndpoint.start({
    sites: [
      { name: "site-a", vcenter: VCENTERS[0], accounts: [CREDENTIALS[0]] },
      { name: "site-b", vcenter: VCENTERS[1], accounts: [CREDENTIALS[1]] },
    ],
    virtualMachines: [
      { moid: "vm-80", name: "pg-a1", disks: [2000, 2001] },
      { moid: "vm-81", name: "etcd-a1" },
      { moid: "vm-82", name: "other" },
    ],
    arrayPairs: [
      { id: "array-pair-1", datastores: [at(0, "Datastore", "ds-1"), at(0, "Datastore", "ds-2")] },
    ],
    ...options,
  });
}

export function sitesOf(endpoint: SrmEndpoint): SrmSitesArgs {
  const site = (index: SiteIndex) => {
    const { port, authority } = endpoint.sites[index];
    const server = { address: "127.0.0.1", port, caCertificate: authority };
    return {
      name: index === 0 ? "site-a" : "site-b",
      vcenter: VCENTERS[index],
      server,
      replication: server,
      credentials: index === 0 ? "SRM_A" : "SRM_B",
    };
  };
  return { protected: site(0), recovery: site(1) };
}

const replication = { rpo: 15, datastore: at(1, "Datastore", "ds-9") };

export function mappingsArgs(
  endpoint: SrmEndpoint,
  change: Partial<InventoryMappingsArgs> = {},
): InventoryMappingsArgs {
  const pair = (type: string, moid: string) => ({
    protected: at(0, type, moid),
    recovery: at(1, type, moid),
  });
  return {
    sites: sitesOf(endpoint),
    networks: [pair("Network", "network-1")],
    folders: [pair("Folder", "group-v1")],
    resources: [pair("ResourcePool", "resgroup-1")],
    ...change,
  };
}

export function groupArgs(
  endpoint: SrmEndpoint,
  change: Partial<ProtectionGroupArgs> = {},
): ProtectionGroupArgs {
  return {
    sites: sitesOf(endpoint),
    name: "pg",
    virtualMachines: [
      { id: VM_A, replication },
      { id: VM_B, replication: { ...replication, rpo: 60 } },
    ],
    ...change,
  };
}

export function planArgs(
  endpoint: SrmEndpoint,
  group: string,
  change: Partial<RecoveryPlanArgs> = {},
): Omit<RecoveryPlanArgs, "runbook"> {
  return {
    sites: sitesOf(endpoint),
    name: "pg-failover",
    protectionGroups: [group],
    testNetworks: [{ network: at(1, "Network", "network-1"), testNetwork: at(1, "Network", "network-9") }],
    virtualMachines: [
      { id: VM_B, priority: 1 },
      {
        id: VM_A,
        priority: 2,
        afterPowerOn: [{ name: "ready", command: "/usr/local/bin/ready", on: "virtual-machine" }],
      },
    ],
    callouts: [
      { name: "shut down", command: "/opt/step shut-down", at: "BEFORE_SHUTDOWN_PROTECTED_SITE_VMS" },
      { name: "fence", command: "/opt/step fence", at: "BEFORE_PREPARE_STORAGE" },
      {
        name: "promote",
        command: "/opt/step promote",
        at: "BEFORE_RECOVER_PRIORITY_3_VMS",
        in: ["test", "recovery"],
      },
      { name: "redirect", command: "/opt/step redirect", at: "AT_END" },
    ],
    ...change,
  };
}

export type GroupState = ObjectState<GroupDeclaration, GroupFacts>;
export type PlanState = ObjectState<PlanDeclaration, PlanFacts>;
export type MappingsState = ObjectState<MappingsDeclaration, readonly MappingFact[]>;

/** Inputs as a provider gets them after its check. */
export const inputs = {
  group: (args: ProtectionGroupArgs): ObjectInputs<GroupDeclaration> => ({
    declared: requireParsed(parseGroup(args)),
    owner: OWNER,
  }),
  plan: (args: Omit<RecoveryPlanArgs, "runbook">): ObjectInputs<PlanDeclaration> => ({
    declared: requireParsed(parsePlan(args)),
    owner: OWNER,
  }),
  mappings: (args: InventoryMappingsArgs): ObjectInputs<MappingsDeclaration> => ({
    declared: requireParsed(parseMappings(args)),
    owner: OWNER,
  }),
};

const timing = (change: Partial<Timing>): Timing => ({ ...FAST, ...change });
type Change = Partial<Timing>;
export const provider = {
  group: (change: Change = {}): SrmProvider<GroupDeclaration, GroupFacts> =>
    new SrmProvider(kinds.group, ENVIRONMENT, timing(change)),
  plan: (change: Change = {}): SrmProvider<PlanDeclaration, PlanFacts> =>
    new SrmProvider(kinds.plan, ENVIRONMENT, timing(change)),
  mappings: (change: Change = {}): SrmProvider<MappingsDeclaration, readonly MappingFact[]> =>
    new SrmProvider(kinds.mappings, ENVIRONMENT, timing(change)),
};

export function outsOf<T>({ outs }: { outs?: T | undefined }): T {
  if (outs === undefined) throw new Error("the provider gave no state");
  return outs;
}

export interface Made {
  readonly mappings: MappingsState;
  readonly group: GroupState;
  readonly plan: PlanState;
}

/** Makes mappings, a group and a plan, and gives back what Pulumi would keep. */
export async function makeAll(endpoint: SrmEndpoint, change: Partial<RecoveryPlanArgs> = {}): Promise<Made> {
  const mappings = outsOf(await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint))));
  const group = outsOf(await provider.group().create(inputs.group(groupArgs(endpoint))));
  const plan = outsOf(await provider.plan().create(inputs.plan(planArgs(endpoint, group.objectId, change))));
  return { mappings, group, plan };
}

export function runbookOf(endpoint: SrmEndpoint, change: Partial<Runbook> = {}): Runbook {
  return {
    format: "pgkeep/srm-runbook/1",
    environment: "shop",
    cluster: "orders",
    plan: "pg-failover",
    sites: requireParsed(parsePlan(planArgs(endpoint, "any"))).sites,
    objectives: { rto: 1800, rpo: 3600 },
    evidenceRetention: 63_072_000,
    ...change,
  };
}

/** What a failed call of a provider says, and what Pulumi would keep. */
export async function failure<S>(
  work: Promise<unknown>,
): Promise<Error & { readonly id?: string; readonly properties?: S }> {
  return work.then(
    () => {
      throw new Error("it must fail");
    },
    (error: unknown) => error as Error & { id?: string; properties?: S },
  );
}
