import { randomUUID } from "node:crypto";
import type { Fields } from "../common/answers.js";
import { badRequest, notFound } from "./answers.js";
import { accepted, acceptedAll, paged, type Route } from "./service.js";
import type { Replication, SiteIndex, World } from "./world.js";

const MANAGE = "Host.Hbr.HbrManagement";

/** Operations of vSphere Replication below a pairing. */
export const REPLICATION_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/vcenters/{}/vms/{}/capability",
    remote: true,
    answer: ({ world, path }) => ({
      status: 200,
      body: {
        vm_id: vmOf(world, path[1] ?? "").id,
        vm_validation_status: "OK",
        quiescing_supported: true,
        network_compression_supported: true,
        mpit_supported: true,
        auto_replicate_new_disks_supported: true,
        min_rpo_mins: world.options.minRpo ?? 5,
      },
    }),
  },
  {
    method: "GET",
    path: "/vcenters/{}/vms/{}/disks",
    remote: true,
    answer: (call) => {
      const { id, vm } = vmOf(call.world, call.path[1] ?? "");
      return paged(
        call,
        vm.disks.map((key) => ({
          vm_id: id,
          device_key: key,
          label: `Hard disk ${key - 1999}`,
          supported_for_replication: true,
        })),
      );
    },
  },
  {
    method: "GET",
    path: "/replications",
    answer: (call) =>
      paged(
        call,
        [...call.world.replications.values()].map((one) => infoOf(call.world, one)),
      ),
  },
  {
    method: "POST",
    path: "/replications",
    listBody: "configureReplication",
    privilege: MANAGE,
    remote: true,
    answer: ({ world, list }) =>
      acceptedAll(
        world,
        list.map((spec) => configure(world, spec)),
      ),
  },
  {
    method: "GET",
    path: "/replications/{}",
    answer: ({ world, path }) => ({ status: 200, body: infoOf(world, find(world, path[0] ?? "")) }),
  },
  {
    method: "GET",
    path: "/replications/{}/disks",
    answer: (call) => {
      const { vm, spec } = find(call.world, call.path[0] ?? "");
      const disks = spec["disks"] as { vm_disk: Fields; enabled_for_replication: boolean }[];
      return paged(
        call,
        vm.disks.map((key) => ({
          vm_disk: { vm_id: spec["vm_id"], device_key: key },
          replicated: disks.some(
            ({ vm_disk: disk, enabled_for_replication: on }) => on && disk["device_key"] === key,
          ),
        })),
      );
    },
  },
  {
    method: "POST",
    path: "/replications/{}/actions/reconfigure",
    body: "reconfigureReplication",
    privilege: MANAGE,
    remote: true,
    answer: ({ world, path, fields }) => {
      const replication = find(world, path[0] ?? "");
      requireRpo(world, fields);
      return accepted(
        world,
        world.task(`Reconfigure replication of ${replication.vm.name}`, () => {
          replication.spec = { ...replication.spec, ...fields };
        }),
      );
    },
  },
  {
    method: "POST",
    path: "/replications/{}/actions/unconfigure",
    privilege: MANAGE,
    remote: true,
    answer: ({ world, path }) => {
      const { id, vm } = find(world, path[0] ?? "");
      return accepted(
        world,
        world.task(`Unconfigure replication of ${vm.name}`, () => {
          if ([...world.groups.values()].some((group) => group.vms.includes(vm)))
            throw new Error(`VM ${vm.name} is in a protection group`);
          world.replications.delete(id);
        }),
      );
    },
  },
];

function vmOf(world: World, id: string) {
  const vm = world.findVm(id);
  if (vm === undefined) throw notFound(`VM ${id}`);
  return { id, vm };
}

function find(world: World, id: string): Replication {
  const replication = world.replications.get(id);
  if (replication === undefined) throw notFound(`Replication ${id}`);
  return replication;
}

function requireRpo(world: World, { rpo }: Fields): void {
  if (Number(rpo) < (world.options.minRpo ?? 5))
    throw badRequest(`rpo ${String(rpo)} is shorter than this VM's hosts and datastores allow`);
}

function configure(world: World, spec: Fields): string {
  requireRpo(world, spec);
  const { vm } = vmOf(world, String(spec["vm_id"]));
  const target = world.siteOf(spec["target_vc_id"]);
  const source: SiteIndex = target === 0 ? 1 : 0;
  if (world.vmId(vm, source) !== spec["vm_id"]) throw badRequest(`${vm.name} is not at the other site`);
  return world.task(`Configure replication of ${vm.name}`, () => {
    if ([...world.replications.values()].some((one) => one.vm === vm))
      throw new Error(`VM ${vm.name} is replicated already`);
    const id = `Replication:GID-${randomUUID()}`;
    world.replications.set(id, { id, vm, spec });
    return id;
  });
}

function infoOf(world: World, { id, vm, spec }: Replication): Fields {
  const target = world.siteOf(spec["target_vc_id"]);
  const [from, to] = [world.sites[target === 0 ? 1 : 0], world.sites[target]];
  return {
    id,
    name: vm.name,
    vm_id: spec["vm_id"],
    source_vc_id: from.vcenter,
    source_site_name: from.name,
    target_vc_id: to.vcenter,
    target_site_name: to.name,
    status: { status: "OK", rpo_violation: false },
    rpo: spec["rpo"],
    type: "VC_TO_VC",
    configuration_state: "OK",
    quiescing_enabled: spec["quiesce_enabled"] ?? false,
    network_compression_enabled: spec["network_compression_enabled"],
    auto_replicate_new_disks_enabled: spec["auto_replicate_new_disks"],
    mpit_enabled: spec["mpit_enabled"],
    mpit_instances: spec["mpit_instances"] ?? 0,
    mpit_days: spec["mpit_days"] ?? 0,
    last_sync_time: Date.now(),
    current_rpo_violation: 0,
  };
}
