import { ApiError } from "../../rest/errors.js";
import { isObject, objectsIn, type JsonObject } from "../../rest/json.js";
import { pathOf } from "../client/site-client.js";
import {
  groupBody,
  groupEdit,
  groupFrom,
  replicationFrom,
  wantedGroup,
  type GroupFacts,
} from "../group-facts.js";
import { parseGroup, type GroupDeclaration } from "../group-schema.js";
import { stable } from "../stable.js";
import type { Found, Kind, Work } from "./kind.js";
import { findNamed, refuseForeign } from "./named.js";
import { applyReplications, declaredReplications, removeReplications } from "./replications.js";
import { carryOut, inRounds } from "./rounds.js";

const FOLDER = "/protection-management/groups";

type GroupWork = Work<GroupDeclaration, GroupFacts>;

/** Protection groups of SRM, with the replication of their VMs. */
export const groupKind: Kind<GroupDeclaration, GroupFacts> = {
  name: "protection group",
  parse: parseGroup,
  replaces: (was, is) =>
    was.sites.protected.vcenter !== is.sites.protected.vcenter ||
    was.sites.recovery.vcenter !== is.sites.recovery.vcenter ||
    (was.array === undefined) !== (is.array === undefined) ||
    was.array?.pair !== is.array?.pair,
  wanted: wantedGroup,
  find,
  async apply(work) {
    const { declared, owner, progress } = work;
    const srm = work.srm();
    await applyReplications(work);
    const wanted = wantedGroup(declared, owner);
    const done = await inRounds(srm, async () => {
      const present = await find(work);
      if (present === undefined) {
        await refuseForeign(work, FOLDER, "protection group");
        await carryOut(work, srm, () => srm.start("POST", FOLDER, groupBody(wanted)));
      } else {
        requireDirection(present.facts, declared);
        if (stable(groupEdit(present.facts)) !== stable(groupEdit(wanted)))
          await carryOut(work, srm, () =>
            srm.start("POST", `${FOLDER}${pathOf(present.id)}/actions/reconfigure`, groupEdit(wanted)),
          );
      }
      return required(await find(work), declared.name);
    });
    progress.mayHaveWritten = true;
    await protectAll(work, done.id);
    await removeReplications(
      work,
      [...progress.made].filter((vm) => !declaredReplications(declared).has(vm)),
    );
    return required(await find(work), declared.name);
  },
  async remove(work) {
    const srm = work.srm();
    await inRounds(srm, async () => {
      const present = await find(work);
      if (present === undefined) return;
      await carryOut(work, srm, () => srm.start("DELETE", `${FOLDER}${pathOf(present.id)}`));
    });
    await removeReplications(work, [...work.progress.made]);
  },
};

async function find(work: GroupWork): Promise<Found<GroupFacts> | undefined> {
  const info = await findNamed(work, FOLDER);
  const id = info?.["id"];
  if (info === undefined || typeof id !== "string") return undefined;
  const srm = work.srm();
  const array = info["replication_type"] === "ABR";
  const vms = array ? [] : await srm.all(`${FOLDER}${pathOf(id)}/vms`);
  const datastores = array ? await srm.all(`${FOLDER}${pathOf(id)}/datastore-groups`) : [];
  const declared = declaredReplications(work.declared);
  const replications = declared.size === 0 ? [] : await work.replication().all("/replications");
  const facts = groupFrom(
    info,
    vms.map(({ id: vm }) => String(vm)),
    datastores.flatMap((one) => objectsIn(one["datastores"]).map(({ id: datastore }) => String(datastore))),
    replications.filter(({ vm_id: vm }) => declared.has(String(vm))).map(replicationFrom),
  );
  return { id, facts };
}

/** After a failover and a reprotection the group runs the other way: what is declared does not hold any more. */
function requireDirection({ name, protectedVcenter }: GroupFacts, { sites }: GroupDeclaration): void {
  if (protectedVcenter === sites.protected.vcenter) return;
  throw new ApiError(
    "refused",
    `protection group ${name} protects VMs of ${protectedVcenter === sites.recovery.vcenter ? sites.recovery.name : protectedVcenter}, ` +
      `not of ${sites.protected.name}: a failover turned it round; fail back, or declare the sites the other way round with the VMs as they are now`,
  );
}

/** Gives every VM its placeholder; one that lacks a mapping has none. */
async function protectAll(work: GroupWork, id: string): Promise<void> {
  const srm = work.srm();
  const path = `${FOLDER}${pathOf(id)}`;
  const unprotected = async (): Promise<JsonObject[]> =>
    (await srm.all(`${path}/vms`)).filter((vm) => statusOf(vm) !== "OK");
  if ((await unprotected()).length === 0) return;
  await carryOut(work, srm, () => srm.startAll(`${path}/actions/configure-all-vms`));
  const left = await unprotected();
  if (left.length > 0)
    throw new ApiError(
      "not-realized",
      `SRM does not protect ${left.map((vm) => `${String(vm["name"])} (${statusOf(vm)})`).join(", ")}; ` +
        "declare the InventoryMappings of their networks, folders and resource pools before the group",
    );
}

function statusOf({ protection_status_details: details }: JsonObject): string {
  return isObject(details) ? String(details["status"]) : "OK";
}

function required(found: Found<GroupFacts> | undefined, name: string): Found<GroupFacts> {
  if (found === undefined)
    throw new ApiError("conflict", `SRM took protection group ${name} but does not show it`);
  return found;
}
