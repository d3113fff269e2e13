import { randomUUID } from "node:crypto";
import type { Fields } from "../common/answers.js";
import { notFound, SrmRefusal } from "./answers.js";
import { MAPPING_KINDS, type Group, type Vm, type World } from "./world.js";

/** Protection groups: what may be in them, and what they say. */

export function findGroup(world: World, id: string): Group {
  const group = world.groups.get(id);
  if (group === undefined) throw notFound(`Protection group ${id}`);
  return group;
}

/** Makes a group; what is wrong with it shows in the task. */
export function createGroup(world: World, body: Fields): string {
  const protectedSite = world.siteOf(body["protected_vc_guid"]);
  const type = body["replication_type"];
  if (type !== "HBR" && type !== "ABR")
    throw new SrmRefusal(400, `replication type ${String(type)} is not supported here`);
  if (
    (type === "HBR") !== (body["hbr_spec"] !== undefined) ||
    (type === "ABR") !== (body["abr_spec"] !== undefined)
  )
    throw new SrmRefusal(400, `the specification does not go with replication type ${type}`);
  return world.task(`Create protection group ${String(body["name"])}`, () => {
    const group: Group = {
      id: `ProtectionGroup:protection-group-${randomUUID()}`,
      name: "",
      description: "",
      type,
      vms: [],
      arrayPair: null,
      datastores: [],
      protectedSite,
    };
    apply(world, group, body);
    world.groups.set(group.id, group);
    return group.id;
  });
}

export function editGroup(world: World, group: Group, body: Fields): string {
  requireIdle(world, group);
  return world.task(`Edit protection group ${group.name}`, () => {
    apply(world, group, body);
    return group.id;
  });
}

export function deleteGroup(world: World, group: Group): string {
  const user = [...world.plans.values()].find(({ groups }) => groups.includes(group.id));
  if (user !== undefined)
    throw new SrmRefusal(400, `the protection group is used by recovery plan ${user.name}`, "IN_USE");
  return world.task(`Delete protection group ${group.name}`, () => {
    world.groups.delete(group.id);
  });
}

/** `configure-all-vms`: one task for each VM. */
export function configureAll(world: World, group: Group): string[] {
  return group.vms.map((vm) => world.task(`Configure protection of ${vm.name}`, () => undefined));
}

export function groupInfo(world: World, group: Group): Fields {
  const [at, other] = [world.sites[group.protectedSite], world.sites[group.protectedSite === 0 ? 1 : 0]];
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    location: "root",
    location_name: "Protection Groups",
    protected_site_name: at.name,
    recovery_site_name: other.name,
    protected_vc_guid: at.vcenter,
    recovery_vc_guid: other.vcenter,
    total_vms: group.vms.length,
    replication_type: group.type,
    recovery_status: "READY",
    status: isConfigured(world, group) ? "OK" : "NOT_CONFIGURED",
    array_pair: group.arrayPair,
  };
}

export function groupVms(world: World, group: Group): Fields[] {
  const status = isConfigured(world, group) ? "OK" : "MISSING_MAPPING";
  return group.vms.map((vm) => ({
    id: world.vmId(vm, group.protectedSite),
    name: vm.name,
    template: false,
    inside_vapp: false,
    protection_status_details: { status, errors: [] },
  }));
}

/** Without mappings of network, folder and resources at the protected site, no VM is protected. */
function isConfigured(world: World, { protectedSite }: Group): boolean {
  const { mappings } = world.sites[protectedSite];
  return MAPPING_KINDS.filter((kind) => kind !== "test-networks").every((kind) => mappings[kind].length > 0);
}

function requireIdle(world: World, group: Group): void {
  const user = [...world.plans.values()].find((plan) => plan.busy && plan.groups.includes(group.id));
  if (user !== undefined)
    throw new SrmRefusal(
      400,
      `the protection group is in use by recovery plan ${user.name}`,
      "INVALID_STATE",
    );
}

function apply(world: World, group: Group, body: Fields): void {
  const name = String(body["name"]);
  for (const other of world.groups.values())
    if (other.id !== group.id && other.name === name) throw new Error(`the name ${name} is in use`);
  const vms = vmsIn(world, group, body["hbr_spec"] as Fields | undefined);
  const { abr_spec: array } = body as { abr_spec?: Fields };
  if (array !== undefined) {
    const pair = world.options.arrayPairs?.find(({ id }) => id === array["replicated_array_pair"]);
    if (pair === undefined) throw new Error(`no array pair ${String(array["replicated_array_pair"])}`);
    const missing = (array["datastores"] as string[]).find((one) => !pair.datastores.includes(one));
    if (missing !== undefined) throw new Error(`datastore ${missing} is not replicated`);
    group.arrayPair = pair.id;
    group.datastores = array["datastores"] as string[];
  }
  group.name = name;
  group.description = String(body["description"] ?? "");
  if (vms !== undefined) group.vms = vms;
}

function vmsIn(world: World, group: Group, spec: Fields | undefined): Vm[] | undefined {
  return (spec?.["vms"] as string[] | undefined)?.map((id) => {
    const vm = world.findVm(id);
    if (vm === undefined || world.vmId(vm, group.protectedSite) !== id)
      throw new Error(`VM ${id} does not exist at the protected site`);
    const elsewhere = [...world.groups.values()].find(
      (other) => other.id !== group.id && other.vms.includes(vm),
    );
    if (elsewhere !== undefined) throw new Error(`VM ${vm.name} is in protection group ${elsewhere.name}`);
    if (![...world.replications.values()].some((replication) => replication.vm === vm))
      throw new Error(`VM ${vm.name} is not replicated`);
    return vm;
  });
}
