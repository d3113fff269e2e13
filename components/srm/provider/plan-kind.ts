import { ApiError } from "../../rest/errors.js";
import { planState, planStatus } from "../client/plan-states.js";
import { pathOf } from "../client/site-client.js";
import {
  planBody,
  planEdit,
  planFrom,
  settingsBody,
  vmFrom,
  wantedPlan,
  type PlanFacts,
  type VmFacts,
} from "../plan-facts.js";
import { parsePlan, type PlanDeclaration } from "../plan-schema.js";
import { CALLOUT_MODES } from "../positions.js";
import { stable } from "../stable.js";
import { applyCallouts, readCallouts } from "./callouts.js";
import type { Found, Kind, Work } from "./kind.js";
import { findNamed, refuseForeign } from "./named.js";
import { carryOut, inRounds } from "./rounds.js";

const FOLDER = "/recovery-management/plans";

type PlanWork = Work<PlanDeclaration, PlanFacts>;

/** Recovery plans of SRM. What they do when they run is no business of Pulumi. */
export const planKind: Kind<PlanDeclaration, PlanFacts> = {
  name: "recovery plan",
  parse: parsePlan,
  replaces: (was, is) =>
    was.sites.protected.vcenter !== is.sites.protected.vcenter ||
    was.sites.recovery.vcenter !== is.sites.recovery.vcenter,
  wanted: wantedPlan,
  find,
  async apply(work) {
    const wanted = wantedPlan(work.declared, work.owner);
    const srm = work.srm();
    return inRounds(srm, async () => {
      const present = await find(work);
      if (present === undefined) {
        await refuseForeign(work, FOLDER, "recovery plan");
        await carryOut(work, srm, () => srm.start("POST", FOLDER, planBody(wanted)));
      } else if (stable(present.facts) === stable(wanted)) return present;
      else {
        await requireEditable(work, present.id, "changed");
        requireDirection(present.facts, work.declared);
        if (stable(planEdit(present.facts)) !== stable(planEdit(wanted)))
          await carryOut(work, srm, () =>
            srm.start("POST", `${FOLDER}${pathOf(present.id)}/actions/reconfigure`, planEdit(wanted)),
          );
      }
      const made = required(await find(work), wanted.name);
      await applySettings(work, made.id, wanted.vms);
      for (const mode of CALLOUT_MODES) await applyCallouts(work, made.id, mode, wanted.callouts[mode]);
      const done = required(await find(work), wanted.name);
      if (stable(done.facts) !== stable(wanted))
        throw new ApiError(
          "conflict",
          `SRM took recovery plan ${wanted.name} but shows something else as ${differing(done.facts, wanted)}`,
        );
      return done;
    });
  },
  async remove(work) {
    const srm = work.srm();
    await inRounds(srm, async () => {
      const present = await find(work);
      if (present === undefined) return;
      await requireEditable(work, present.id, "deleted");
      await carryOut(work, srm, () => srm.start("DELETE", `${FOLDER}${pathOf(present.id)}`));
    });
  },
};

async function find(work: PlanWork): Promise<Found<PlanFacts> | undefined> {
  const info = await findNamed(work, FOLDER);
  const id = info?.["id"];
  if (info === undefined || typeof id !== "string") return undefined;
  const srm = work.srm();
  const path = `${FOLDER}${pathOf(id)}`;
  const vms: VmFacts[] = [];
  for (const { id: vm } of work.declared.virtualMachines) {
    const settings = await srm.read(`${path}/vms${pathOf(vm)}/recovery-settings`);
    if (settings !== undefined) vms.push(vmFrom(vm, settings));
  }
  // The steps of a workflow cannot be had while another one runs; nothing is changed then either.
  const running = planState(planStatus(info["status"])).running === true;
  const shown = work.known?.facts?.callouts;
  const callouts = async (mode: "test" | "recovery") =>
    running && shown !== undefined
      ? shown[mode]
      : (await readCallouts(srm, id, mode)).map(({ step: _step, ...one }) => one);
  const facts = planFrom(
    info,
    await srm.all(`${path}/protection-groups`),
    await srm.all(`${path}/test-networks`),
    vms,
    { test: await callouts("test"), recovery: await callouts("recovery") },
  );
  return { id, facts };
}

async function applySettings(work: PlanWork, plan: string, wanted: readonly VmFacts[]): Promise<void> {
  const srm = work.srm();
  const path = `${FOLDER}${pathOf(plan)}/vms`;
  const names = new Map((await srm.all(path)).map(({ id, name }) => [String(id), String(name)]));
  const strangers = wanted.filter(({ vm }) => !names.has(vm));
  if (strangers.length > 0)
    throw new ApiError(
      "refused",
      `${strangers.map(({ vm }) => vm).join(", ")} is in no protection group of the plan; add it to one, or leave it out`,
    );
  for (const one of wanted) {
    const settings = `${path}${pathOf(one.vm)}/recovery-settings`;
    const present = (await srm.read(settings)) ?? {};
    if (stable(vmFrom(one.vm, present)) === stable(one)) continue;
    const body = settingsBody(one, present, names);
    await carryOut(work, srm, () => srm.start("POST", `${settings}/actions/update`, body));
  }
}

/** SRM changes and deletes a plan only while it does nothing and nothing of a run is left. */
async function requireEditable(work: PlanWork, id: string, done: string): Promise<void> {
  const info = await work.srm().read(`${FOLDER}${pathOf(id)}`);
  const { meaning, editable, remedy } = planState(planStatus(info?.["status"]));
  if (editable === true) return;
  throw new ApiError(
    "refused",
    `recovery plan ${work.declared.name} cannot be ${done}: it is ${String(info?.["status"])}, ${meaning}; ${remedy}`,
  );
}

function requireDirection({ name, protectedVcenter }: PlanFacts, { sites }: PlanDeclaration): void {
  if (protectedVcenter === sites.protected.vcenter) return;
  throw new ApiError(
    "refused",
    `recovery plan ${name} recovers to ${sites.protected.name} since a failover; fail back, or declare the sites the other way round`,
  );
}

function required(found: Found<PlanFacts> | undefined, name: string): Found<PlanFacts> {
  if (found === undefined)
    throw new ApiError("conflict", `SRM took recovery plan ${name} but does not show it`);
  return found;
}

function differing(one: PlanFacts, other: PlanFacts): string {
  return (Object.keys(other) as (keyof PlanFacts)[])
    .filter((key) => stable(one[key]) !== stable(other[key]))
    .join(", ");
}
