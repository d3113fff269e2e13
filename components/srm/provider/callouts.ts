import { ApiError } from "../../rest/errors.js";
import { isObject, type JsonObject } from "../../rest/json.js";
import { pathOf, type SiteClient } from "../client/site-client.js";
import { awaitTask } from "../client/tasks.js";
import { calloutChanges, type PlacedName, type PresentCallout } from "../callout-changes.js";
import { byPosition, commandBody, commandFrom, type CalloutFacts, type PlanFacts } from "../plan-facts.js";
import type { PlanDeclaration } from "../plan-schema.js";
import { POSITIONS, type CalloutMode, type Position } from "../positions.js";
import type { Work } from "./kind.js";
import { carryOut, noting } from "./rounds.js";

type PlanWork = Work<PlanDeclaration, PlanFacts>;

/** The callouts of a workflow, in the order of its steps. */
export async function readCallouts(
  srm: SiteClient,
  plan: string,
  mode: CalloutMode,
): Promise<PresentCallout[]> {
  const found: PresentCallout[] = [];
  for (const step of await srm.all(pathOfSteps(plan, mode))) {
    const position = positionOf(step);
    if (position === undefined) continue;
    const number = String(step["id"]);
    const data = await srm.read(`${pathOfSteps(plan, mode)}${pathOf(number)}/callout-data`);
    if (data !== undefined) found.push({ ...commandFrom(data), position, step: number });
  }
  return found;
}

/** Makes the callouts of a workflow the declared ones; others go. */
export async function applyCallouts(
  work: PlanWork,
  plan: string,
  mode: CalloutMode,
  wanted: readonly CalloutFacts[],
): Promise<void> {
  const srm = work.srm();
  const path = pathOfSteps(plan, mode);
  const { remove, edit, add } = calloutChanges(await readCallouts(srm, plan, mode), wanted);
  // Edits first: a removal moves the numbers of the steps behind it.
  for (const { step, wanted: one } of edit)
    await carryOut(work, srm, () =>
      srm.start("POST", `${path}${pathOf(step)}/callout-data/actions/edit`, commandBody(one)),
    );
  for (const one of remove) await removeCallout(work, plan, mode, one);
  for (const one of byPosition(add)) await placeCallout(work, plan, mode, one);
}

/**
 * Puts a callout to its place. The API takes the number of a step, and says only afterwards which place that is: so the likely numbers
 * come first, and what landed elsewhere is taken away again.
 */
async function placeCallout(
  work: PlanWork,
  plan: string,
  mode: CalloutMode,
  wanted: CalloutFacts,
): Promise<void> {
  const srm = work.srm();
  const path = pathOfSteps(plan, mode);
  const steps = await srm.all(path);
  let complaint = "";
  for (const position of candidates(steps, wanted.position)) {
    let task: string;
    try {
      const body = { ...commandBody(wanted), position };
      task = await noting(work.progress, () => srm.start("POST", path, body));
    } catch (error) {
      // No callout may stand there.
      if (!(error instanceof ApiError) || error.reason !== "refused") throw error;
      complaint = `; ${error.message}`;
      continue;
    }
    await awaitTask(srm, task, { seconds: work.declared.timeout });
    const landed = (await readCallouts(srm, plan, mode)).filter(({ name }) => name === wanted.name);
    if (landed.some((one) => one.position === wanted.position)) return;
    for (const one of landed) await removeCallout(work, plan, mode, one);
  }
  throw new ApiError(
    "not-realized",
    `the steps of ${mode} have no place ${wanted.position} for the callout ${wanted.name}; they are ` +
      steps.map(({ title }) => String(title)).join(", ") +
      complaint,
  );
}

/** Numbers to try: after the callouts that stand at the place, before the step whose title fits, then all others. */
function candidates(steps: readonly JsonObject[], position: string): number[] {
  const last = steps.findLastIndex((step) => positionOf(step) === position);
  const known: { readonly title: RegExp | undefined } | undefined = POSITIONS[position as Position];
  const hinted = steps.findIndex(
    (step) => positionOf(step) === undefined && known?.title?.test(String(step["title"])) === true,
  );
  const likely = [...(last < 0 ? [] : [last + 1]), ...(hinted < 0 ? [] : [hinted]), steps.length];
  return [...new Set([...likely, ...steps.keys()])];
}

async function removeCallout(
  work: PlanWork,
  plan: string,
  mode: CalloutMode,
  { name, position }: PlacedName,
): Promise<void> {
  const srm = work.srm();
  const callouts = await readCallouts(srm, plan, mode);
  const found = callouts.find((one) => one.name === name && one.position === position);
  if (found === undefined) return;
  await carryOut(work, srm, () => srm.start("DELETE", `${pathOfSteps(plan, mode)}${pathOf(found.step)}`));
}

function positionOf({ plan_callout_position_spec: spec }: JsonObject): string | undefined {
  const position = isObject(spec) ? spec["position_spec_position"] : undefined;
  return typeof position === "string" ? position : undefined;
}

function pathOfSteps(plan: string, mode: CalloutMode): string {
  return `/recovery-management/plans${pathOf(plan)}/recovery-steps/${mode}`;
}
