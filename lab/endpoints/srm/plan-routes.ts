import { badRequest, notFound, SrmRefusal } from "./answers.js";
import { findGroup, groupInfo } from "./groups.js";
import {
  calloutAt,
  createCallout,
  createPlan,
  deleteCallout,
  deletePlan,
  dismissPrompt,
  editCallout,
  editPlan,
  findPlan,
  planInfo,
  planVms,
  prompts,
  recoverySteps,
  settingsOf,
  updateSettings,
  vmOf,
} from "./plans.js";
import { MODES, type Mode } from "./recovery-steps.js";
import { accepted, paged, type Call, type Route } from "./service.js";

const PLANS = "/recovery-management/plans";
const RECOVERY_PROFILE = "VcDr.RecoveryProfile.com.vmware.vcDr";

const plans: readonly Route[] = [
  {
    method: "GET",
    path: PLANS,
    answer: (call) =>
      paged(
        call,
        [...call.world.plans.values()].map((one) => planInfo(call.world, one)),
      ),
  },
  {
    method: "POST",
    path: PLANS,
    body: "createPlan",
    privilege: `${RECOVERY_PROFILE}.Create`,
    remote: true,
    answer: ({ world, fields }) => accepted(world, createPlan(world, fields)),
  },
  {
    method: "GET",
    path: `${PLANS}/{}`,
    answer: ({ world, path }) => ({ status: 200, body: planInfo(world, findPlan(world, path[0] ?? "")) }),
  },
  {
    method: "DELETE",
    path: `${PLANS}/{}`,
    privilege: `${RECOVERY_PROFILE}.Delete`,
    answer: ({ world, path }) => accepted(world, deletePlan(world, findPlan(world, path[0] ?? ""))),
  },
  {
    method: "POST",
    path: `${PLANS}/{}/actions/reconfigure`,
    body: "editPlan",
    privilege: `${RECOVERY_PROFILE}.Edit`,
    remote: true,
    answer: ({ world, path, fields }) =>
      accepted(world, editPlan(world, findPlan(world, path[0] ?? ""), fields)),
  },
  {
    method: "GET",
    path: `${PLANS}/{}/protection-groups`,
    answer: (call) =>
      paged(
        call,
        findPlan(call.world, call.path[0] ?? "").groups.map((id) =>
          groupInfo(call.world, findGroup(call.world, id)),
        ),
      ),
  },
  {
    method: "GET",
    path: `${PLANS}/{}/test-networks`,
    answer: (call) =>
      paged(
        call,
        findPlan(call.world, call.path[0] ?? "").testNetworks.map((one, i) => ({ ...one, id: String(i) })),
      ),
  },
  {
    method: "GET",
    path: `${PLANS}/{}/vms`,
    answer: (call) => paged(call, planVms(call.world, findPlan(call.world, call.path[0] ?? ""))),
  },
  {
    method: "GET",
    path: `${PLANS}/{}/vms/{}/recovery-settings`,
    answer: ({ world, path }) => {
      const plan = findPlan(world, path[0] ?? "");
      return { status: 200, body: settingsOf(plan, vmOf(world, plan, path[1] ?? "")) };
    },
  },
  {
    method: "POST",
    path: `${PLANS}/{}/vms/{}/recovery-settings/actions/update`,
    body: "settings",
    privilege: `${RECOVERY_PROFILE}.Edit`,
    remote: true,
    answer: ({ world, path, fields }) => {
      const plan = findPlan(world, path[0] ?? "");
      return accepted(world, updateSettings(world, plan, vmOf(world, plan, path[1] ?? ""), fields));
    },
  },
];

const action = (mode: Mode, privilege: string, remote: (call: Call) => boolean): Route => ({
  method: "POST",
  path: `${PLANS}/{}/actions/${mode}`,
  body: mode,
  privilege: `${RECOVERY_PROFILE}.${privilege}`,
  answer: (call) => {
    const { world, site, session, path, fields } = call;
    const plan = findPlan(world, path[0] ?? "");
    if (plan.protectedSite === site)
      throw new SrmRefusal(400, `${mode} is started at the recovery site`, "WRONG_SITE");
    if (fields["skip_protection_site_operations"] === true)
      throw badRequest("the advanced setting recovery.forceRecovery is off");
    const peer = world.sites[plan.protectedSite];
    if (remote(call) && !peer.up)
      throw new SrmRefusal(500, `The server at ${peer.name} is not reachable`, "SERVER_DOWN");
    if (peer.up && !session.remote)
      throw new SrmRefusal(401, "The remote site is not authenticated", "REMOTE_UNAUTHENTICATED");
    return accepted(world, world.run(plan, mode, session.account.user, fields));
  },
});

const actions: readonly Route[] = [
  action("test", "Run", ({ fields }) => fields["sync_data"] === true),
  action("cleanup", "Run", () => false),
  action("recovery", "Failover", ({ fields }) => fields["planned_failover"] === true),
  action("reprotect", "Reprotect", () => true),
];

const steps: readonly Route[] = [
  {
    method: "GET",
    path: `${PLANS}/{}/recovery-steps/user-prompts`,
    answer: (call) => paged(call, prompts(findPlan(call.world, call.path[0] ?? ""))),
  },
  {
    method: "POST",
    path: `${PLANS}/{}/recovery-steps/user-prompts/{}/actions/dismiss-prompt`,
    privilege: `${RECOVERY_PROFILE}.Run`,
    answer: ({ world, path }) => {
      dismissPrompt(findPlan(world, path[0] ?? ""), path[1] ?? "");
      return { status: 204 };
    },
  },
  {
    method: "GET",
    path: `${PLANS}/{}/recovery-steps/{}`,
    answer: (call) =>
      paged(call, recoverySteps(findPlan(call.world, call.path[0] ?? ""), modeOf(call.path[1]))),
  },
  {
    method: "POST",
    path: `${PLANS}/{}/recovery-steps/{}`,
    body: "createCallout",
    privilege: `${RECOVERY_PROFILE}.Edit`,
    answer: ({ world, path, fields }) =>
      accepted(world, createCallout(world, findPlan(world, path[0] ?? ""), modeOf(path[1]), fields)),
  },
  {
    method: "DELETE",
    path: `${PLANS}/{}/recovery-steps/{}/{}`,
    privilege: `${RECOVERY_PROFILE}.Edit`,
    answer: ({ world, path }) =>
      accepted(world, deleteCallout(world, findPlan(world, path[0] ?? ""), modeOf(path[1]), path[2] ?? "")),
  },
  {
    method: "GET",
    path: `${PLANS}/{}/recovery-steps/{}/{}/callout-data`,
    answer: ({ world, path }) => {
      const plan = findPlan(world, path[0] ?? "");
      const { position: _place, ...callout } = calloutAt(plan, modeOf(path[1]), path[2] ?? "");
      return { status: 200, body: { ...callout, step_type: "RECOVERY_STEP" } };
    },
  },
  {
    method: "POST",
    path: `${PLANS}/{}/recovery-steps/{}/{}/callout-data/actions/edit`,
    body: "editCallout",
    privilege: `${RECOVERY_PROFILE}.Edit`,
    answer: ({ world, path, fields }) =>
      accepted(
        world,
        editCallout(world, findPlan(world, path[0] ?? ""), modeOf(path[1]), path[2] ?? "", fields),
      ),
  },
  {
    method: "GET",
    path: `${PLANS}/{}/history-reports`,
    answer: ({ world, path }) => {
      const plan = findPlan(world, path[0] ?? "");
      return accepted(
        world,
        world.task(`Generate history of ${plan.name}`, () => ({ list: [...plan.history] })),
      );
    },
  },
];

/** Operations on recovery plans, their runs and their steps. */
export const PLAN_ROUTES: readonly Route[] = [...plans, ...actions, ...steps];

function modeOf(mode: string | undefined): Mode {
  const found = MODES.find((one) => one === mode);
  if (found === undefined) throw notFound(`View mode ${mode ?? ""}`);
  return found;
}
