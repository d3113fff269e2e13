import { randomUUID } from "node:crypto";
import type { Fields } from "../common/answers.js";
import { badRequest, notFound, SrmRefusal } from "./answers.js";
import { Plan, type TestNetwork } from "./plan.js";
import { positionAt, type Callout, type Mode } from "./recovery-steps.js";
import { listSteps } from "./run.js";
import type { Vm, World } from "./world.js";

/** Recovery plans: what may be done to them, and what they say. */

export function findPlan(world: World, id: string): Plan {
  const plan = world.plans.get(id);
  if (plan === undefined) throw notFound(`Recovery plan ${id}`);
  return plan;
}

export function createPlan(world: World, body: Fields): string {
  const protectedSite = world.siteOf(body["protected_vc_guid"]);
  return world.task(`Create recovery plan ${String(body["name"])}`, () => {
    const id = `RecoveryPlan:recovery-plan-${randomUUID()}`;
    const plan = new Plan(id, "", protectedSite);
    apply(world, plan, body);
    world.plans.set(id, plan);
    return id;
  });
}

export function editPlan(world: World, plan: Plan, body: Fields): string {
  requireIdle(plan);
  return world.task(`Edit recovery plan ${plan.name}`, () => {
    apply(world, plan, body);
    return plan.id;
  });
}

export function deletePlan(world: World, plan: Plan): string {
  if (plan.busy)
    throw new SrmRefusal(400, `the recovery plan cannot be deleted in state ${plan.status}`, "INVALID_STATE");
  return world.task(`Delete recovery plan ${plan.name}`, () => {
    world.plans.delete(plan.id);
  });
}

export function planInfo(world: World, plan: Plan): Fields {
  const [at, other] = [world.sites[plan.protectedSite], world.sites[plan.protectedSite === 0 ? 1 : 0]];
  return {
    id: plan.id,
    name: plan.name,
    description: plan.description,
    location: "root",
    location_name: "Recovery Plans",
    status: world.statusOf(plan),
    protected_site_name: at.name,
    recovery_site_name: other.name,
    protected_vc_guid: at.vcenter,
    recovery_vc_guid: other.vcenter,
    progress: plan.running ? (plan.run?.progress ?? 0) : 0,
    is_running: plan.running,
  };
}

export function planVms(world: World, plan: Plan): Fields[] {
  return world.vmsOf(plan).map(({ vm, group }) => ({
    id: world.vmId(vm, plan.protectedSite),
    name: vm.name,
    template: false,
    inside_vapp: false,
    status: "READY_TO_RECOVER",
    protection_group_name: group.name,
    protection_group: group.id,
  }));
}

export function vmOf(world: World, plan: Plan, id: string): Vm {
  const found = world.vmsOf(plan).find(({ vm }) => world.vmId(vm, plan.protectedSite) === id);
  if (found === undefined) throw notFound(`VM ${id}`);
  return found.vm;
}

export function settingsOf(plan: Plan, vm: Vm): Fields {
  return {
    ip_customization_type: "AUTO",
    nic_settings: null,
    priority: "P3",
    startup_action: "POWER_ON",
    shutdown_action_settings: { skip_shutdown_guest: false, timeout_seconds: 300 },
    pre_power_on_steps: null,
    post_power_on_steps: null,
    startup_action_settings: {
      power_on_vmtools_timeout_seconds: 300,
      delay_before_power_on_steps_and_dependent_vms_seconds: 0,
    },
    dependent_vms: null,
    ...plan.settings.get(vm.name),
    change_version: 1,
    vm_tools_status: "INSTALLED",
    allow_vmotion_migration: false,
  };
}

export function updateSettings(world: World, plan: Plan, vm: Vm, body: Fields): string {
  requireIdle(plan);
  const named = (body["dependent_vms"] ?? []) as { id: string }[];
  for (const { id } of named) vmOf(world, plan, id);
  const withIds = (steps: unknown): unknown =>
    Array.isArray(steps)
      ? (steps as Fields[]).map((step) => ({ ...step, id: step["id"] === "" ? randomUUID() : step["id"] }))
      : (steps ?? null);
  return world.task(`Update recovery settings of ${vm.name}`, () => {
    plan.settings.set(vm.name, {
      ...body,
      pre_power_on_steps: withIds(body["pre_power_on_steps"]),
      post_power_on_steps: withIds(body["post_power_on_steps"]),
    });
  });
}

/** The steps of a workflow; those of a run only in its own workflow's view. */
export function recoverySteps(plan: Plan, mode: Mode): Fields[] {
  const { run } = plan;
  if (run !== undefined && run.options.mode !== mode && plan.running)
    throw new SrmRefusal(
      400,
      `the steps of ${mode} cannot be retrieved while ${run.options.mode} is running`,
    );
  return listSteps(plan.lines(mode), run?.options.mode === mode ? run : undefined);
}

export function createCallout(world: World, plan: Plan, mode: Mode, body: Fields): string {
  requireIdle(plan);
  const index = body["position"] as number;
  const lines = plan.lines(mode);
  const position = positionAt(mode, lines, index);
  if (position === undefined) throw badRequest(`no callout may stand at position ${index} of ${mode}`);
  return world.task(`Add callout ${String(body["name"])}`, () => {
    const { position: _index, ...fields } = body;
    const callout = { ...fields, id: randomUUID(), position } as unknown as Callout;
    const before = lines[index]?.callout;
    const list = plan.callouts[mode];
    list.splice(before === undefined ? list.length : list.indexOf(before), 0, callout);
  });
}

export function calloutAt(plan: Plan, mode: Mode, stepId: string): Callout {
  const callout = plan.lines(mode)[Number(stepId) - 1]?.callout;
  if (callout === undefined) throw badRequest(`step ${stepId} is not a callout`);
  return callout;
}

export function editCallout(world: World, plan: Plan, mode: Mode, stepId: string, body: Fields): string {
  requireIdle(plan);
  const callout = calloutAt(plan, mode, stepId);
  return world.task(`Edit callout ${callout.name}`, () => {
    plan.callouts[mode] = plan.callouts[mode].map((one) =>
      one.id === callout.id ? ({ ...one, ...body } as Callout) : one,
    );
  });
}

export function deleteCallout(world: World, plan: Plan, mode: Mode, stepId: string): string {
  requireIdle(plan);
  const callout = calloutAt(plan, mode, stepId);
  return world.task(`Delete callout ${callout.name}`, () => {
    plan.callouts[mode] = plan.callouts[mode].filter(({ id }) => id !== callout.id);
  });
}

export function prompts(plan: Plan): Fields[] {
  const waiting = plan.run?.waiting;
  const callout = waiting?.line.callout;
  if (waiting?.prompt === undefined || callout === undefined) return [];
  return [
    {
      id: waiting.prompt.id,
      raised_time: waiting.started,
      description: callout.name,
      callout_id: callout.id,
      prompt_text: callout.content,
    },
  ];
}

export function dismissPrompt(plan: Plan, id: string): void {
  const prompt = plan.run?.waiting?.prompt;
  if (prompt?.id !== id) throw notFound(`Prompt ${id}`);
  prompt.dismissedAt = Date.now();
}

function requireIdle(plan: Plan): void {
  if (plan.busy)
    throw new SrmRefusal(400, `the recovery plan cannot be edited in state ${plan.status}`, "INVALID_STATE");
}

function apply(world: World, plan: Plan, body: Fields): void {
  const name = (body["name"] as string | null | undefined) ?? plan.name;
  for (const other of world.plans.values())
    if (other !== plan && other.name === name) throw new Error(`the name ${name} is in use`);
  const groups = body["protection_groups"] as string[] | null | undefined;
  for (const id of groups ?? []) {
    const group = world.groups.get(id);
    if (group === undefined) throw new Error(`no protection group ${id}`);
    if (group.protectedSite !== plan.protectedSite)
      throw new Error(`protection group ${group.name} has another direction`);
  }
  plan.name = name;
  plan.description = (body["description"] as string | null | undefined) ?? plan.description;
  if (groups !== undefined && groups !== null) plan.groups = groups;
  const networks = body["test_network_mappings"] as TestNetwork[] | null | undefined;
  if (networks !== undefined && networks !== null) plan.testNetworks = networks;
}
