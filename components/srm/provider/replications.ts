import { ApiError } from "../../rest/errors.js";
import type { JsonObject } from "../../rest/json.js";
import { pathOf } from "../client/site-client.js";
import {
  replicationBody,
  replicationFrom,
  wantedGroup,
  type GroupFacts,
  type ReplicationFacts,
} from "../group-facts.js";
import type { GroupDeclaration, ReplicationDeclaration } from "../group-schema.js";
import { stable } from "../stable.js";
import type { Work } from "./kind.js";
import { carryOut, inRounds } from "./rounds.js";

type GroupWork = Work<GroupDeclaration, GroupFacts>;

/** VMs whose replication is declared, with how. */
export function declaredReplications({
  virtualMachines,
}: GroupDeclaration): Map<string, ReplicationDeclaration> {
  return new Map(
    (virtualMachines ?? []).flatMap(({ id, replication }) =>
      replication === undefined ? [] : [[id, replication] as const],
    ),
  );
}

/** Configures the declared replications and changes those that differ; a VM that somebody else replicates is refused. */
export async function applyReplications(work: GroupWork): Promise<void> {
  const { declared, owner, progress } = work;
  const settings = declaredReplications(declared);
  const wanted = wantedGroup(declared, owner).replications;
  if (wanted.length === 0) return;
  const client = work.replication();
  await inRounds(client, async () => {
    const present = await client.all("/replications");
    const of = (vm: string): JsonObject | undefined => present.find(({ vm_id: id }) => id === vm);
    const foreign = wanted.filter(({ vm }) => of(vm) !== undefined && !progress.made.has(vm));
    if (foreign.length > 0)
      throw new ApiError(
        "refused",
        `${foreign.map(({ vm }) => vm).join(", ")} is replicated, but not by this stack; ` +
          "leave out its replication in the declaration, or unconfigure it there",
      );
    const missing = wanted.filter(({ vm }) => of(vm) === undefined);
    if (missing.length > 0) {
      const bodies: JsonObject[] = [];
      for (const one of missing) bodies.push(await newBody(work, one, settingsOf(settings, one)));
      for (const { vm } of missing) progress.made.add(vm);
      await carryOut(work, client, () => client.startAll("/replications", bodies));
    }
    for (const one of wanted) {
      const found = of(one.vm);
      if (found === undefined || stable(replicationFrom(found)) === stable(one)) continue;
      const body = replicationBody(one, settingsOf(settings, one), await disksOf(work, one.vm));
      const path = `/replications${pathOf(String(found["id"]))}/actions/reconfigure`;
      await carryOut(work, client, () => client.start("POST", path, body));
    }
  });
}

/** Ends replications of ours; those that are gone are as good. */
export async function removeReplications(work: GroupWork, vms: readonly string[]): Promise<void> {
  if (vms.length === 0) return;
  const client = work.replication();
  await inRounds(client, async () => {
    const present = await client.all("/replications");
    for (const { id, vm_id: vm } of present.filter((one) => vms.includes(String(one["vm_id"])))) {
      await carryOut(work, client, () =>
        client.start("POST", `/replications${pathOf(String(id))}/actions/unconfigure`),
      );
      work.progress.made.delete(String(vm));
    }
  });
  for (const vm of vms) work.progress.made.delete(vm);
}

async function newBody(
  work: GroupWork,
  wanted: ReplicationFacts,
  settings: ReplicationDeclaration,
): Promise<JsonObject> {
  const { sites } = work.declared;
  const capability = await work
    .replication()
    .read(`/vcenters${pathOf(sites.protected.vcenter)}/vms${pathOf(wanted.vm)}/capability`);
  const least = Number(capability?.["min_rpo_mins"] ?? 5);
  if (wanted.rpo < least)
    throw new ApiError(
      "refused",
      `${wanted.vm} can be replicated every ${least} minutes at best, not every ${wanted.rpo}; give rpo ${least} or more`,
    );
  return {
    ...replicationBody(wanted, settings, await disksOf(work, wanted.vm)),
    vm_id: wanted.vm,
    target_vc_id: wanted.targetVcenter,
  };
}

async function disksOf(work: GroupWork, vm: string): Promise<number[]> {
  const path = `/vcenters${pathOf(work.declared.sites.protected.vcenter)}/vms${pathOf(vm)}/disks`;
  const keys = (await work.replication().all(path)).flatMap(({ device_key: key, is_vm_home: home }) =>
    typeof key === "number" && home !== true ? [key] : [],
  );
  if (keys.length === 0) throw new ApiError("refused", `${vm} has no disk that can be replicated`);
  return keys;
}

function settingsOf(
  settings: ReadonlyMap<string, ReplicationDeclaration>,
  { vm }: ReplicationFacts,
): ReplicationDeclaration {
  const found = settings.get(vm);
  if (found === undefined) throw new TypeError(`${vm} has no declared replication`);
  return found;
}
