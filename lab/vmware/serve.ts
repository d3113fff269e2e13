import { readFileSync } from "node:fs";
import { NsxEndpoint } from "../endpoints/nsx/index.js";
import { SrmEndpoint } from "../endpoints/srm/index.js";
import { startVCenters, type VCenterSite, type VmNotice } from "../endpoints/vcenter/index.js";
import type { ServedPlace, ServeMessage, ServeOrder } from "./messages.js";

/** Milliseconds: nothing is done at once, as on the real products. */
const DELAYS = {
  realizationDelay: 500,
  removalDelay: 500,
  tagDelay: 300,
  taskDuration: 200,
  stepDuration: 300,
};

/**
 * The process of the endpoints: two vCenter Servers, an NSX Manager that learns of their VMs, and Site Recovery Manager on both sites. It
 * is started in a network of the laboratory with a channel to its parent, and ends with it.
 */
async function serve({ address, simulator, accounts, guids }: ServeOrder): Promise<void> {
  const nsx = await NsxEndpoint.start({ ...DELAYS, address, credentials: accounts.nsx });
  const srm = await SrmEndpoint.start({
    ...DELAYS,
    address,
    sites: [
      { name: "a", vcenter: guids.a, accounts: [accounts.srm] },
      { name: "b", vcenter: guids.b, accounts: [accounts.srm] },
    ],
    virtualMachines: [],
  });
  const pair = await startVCenters({
    program: simulator,
    address,
    user: accounts.vcenter.user.replace(/@.*$/, ""),
    password: accounts.vcenter.password,
    inventory: { cluster: 2, host: 2, pg: 3, vm: 0 },
    onVm: (site, notice) => {
      learn(nsx, srm, site, notice);
      say({ kind: "vm", site, notice });
    },
  });
  process.on("message", (asked: { kind?: string }) => {
    if (asked.kind === "inventory") say({ kind: "inventory", things: inventoryOf(srm) });
  });
  process.once("disconnect", () => {
    void pair.stop().finally(() => process.exit(0));
  });
  const vcenter = (site: VCenterSite): ServedPlace => ({
    port: Number(pair.sites[site].server.split(":").at(-1)),
    authority: readFileSync(pair.sites[site].authorities, "utf8"),
  });
  const place = ({ port, authority }: ServedPlace): ServedPlace => ({ port, authority });
  say({
    kind: "ready",
    vcenters: { a: vcenter("a"), b: vcenter("b") },
    nsx: place(nsx),
    srm: { a: place(srm.sites[0]), b: place(srm.sites[1]) },
  });
}

/** What NSX and SRM know of a vCenter's VMs, they know from it. */
function learn(nsx: NsxEndpoint, srm: SrmEndpoint, site: VCenterSite, notice: VmNotice): void {
  const { id, power, name = id, uuid = "", instanceUuid = "" } = notice;
  const externalId = `${site}-${id}`;
  if (power === "removed") {
    nsx.manager.inventory.remove(externalId);
    if (site === "a") srm.world.remove(id);
    return;
  }
  if (notice.template === true || nsx.manager.inventory.has(externalId)) return;
  nsx.manager.inventory.add({
    externalId,
    displayName: name,
    computeIds: [`biosUuid:${uuid}`, `instanceUuid:${instanceUuid}`],
    tags: [],
  });
  if (site === "a") srm.world.add({ moid: id, name });
}

function inventoryOf({ world }: SrmEndpoint): string[] {
  const mappings = world.sites.flatMap((site) =>
    Object.entries(site.mappings).flatMap(([kind, all]) =>
      all.map(({ source }) => `${site.name} ${kind} ${source}`),
    ),
  );
  return [
    ...[...world.groups.values()].map(({ name }) => `protection group ${name}`),
    ...[...world.plans.values()].map(({ name }) => `recovery plan ${name}`),
    ...[...world.replications.values()].map(({ vm }) => `replication of ${vm.name}`),
    ...mappings,
  ];
}

function say(message: ServeMessage): void {
  process.send?.(message);
}

process.once("message", (order: ServeOrder) => {
  serve(order).catch((error: unknown) => {
    say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  });
});
