import { isObject, objectsIn, type Json, type JsonObject } from "../rest/json.js";
import { marked } from "./owner.js";
import type { CalloutDeclaration, PlanDeclaration, PlanVm, StepDeclaration } from "./plan-schema.js";
import { CALLOUT_MODES, type CalloutMode } from "./positions.js";
import { compareText } from "./stable.js";

/** A command or prompt, as SRM keeps it. */
export interface CommandFacts {
  readonly name: string;
  readonly content: string;
  readonly type: string;
  /** Seconds; 0 for a prompt. */
  readonly timeout: number;
}

/** A callout between the steps of a workflow. */
export interface CalloutFacts extends CommandFacts {
  readonly position: string;
}

/** How a VM is recovered, as far as it is declared. */
export interface VmFacts {
  readonly vm: string;
  readonly priority: string;
  readonly startup: string;
  readonly shutdownTimeout: number;
  readonly after: readonly string[];
  readonly beforePowerOn: readonly CommandFacts[];
  readonly afterPowerOn: readonly CommandFacts[];
}

/** What SRM shows of a recovery plan. */
export interface PlanFacts {
  readonly name: string;
  /** With the mark of the owner. */
  readonly description: string;
  readonly protectedVcenter: string;
  readonly groups: readonly string[];
  readonly testNetworks: readonly { readonly network: string; readonly testNetwork: string }[];
  readonly vms: readonly VmFacts[];
  readonly callouts: Readonly<Record<CalloutMode, readonly CalloutFacts[]>>;
}

export function wantedPlan(declared: PlanDeclaration, owner: string): PlanFacts {
  const { sites, callouts } = declared;
  const of = (mode: CalloutMode): CalloutFacts[] =>
    byPosition(callouts.filter((one) => one.in.includes(mode)).map(calloutFacts));
  return {
    name: declared.name,
    description: marked(declared.description, owner),
    protectedVcenter: sites.protected.vcenter,
    groups: declared.protectionGroups.toSorted(compareText),
    testNetworks: declared.testNetworks.toSorted((a, b) => compareText(a.network, b.network)),
    vms: declared.virtualMachines.map(vmFacts).toSorted((a, b) => compareText(a.vm, b.vm)),
    callouts: { test: of("test"), recovery: of("recovery") },
  };
}

/** Places in an order of their own; within one, the order stays: it is that of the steps. */
export function byPosition(callouts: readonly CalloutFacts[]): CalloutFacts[] {
  return callouts.toSorted((a, b) => compareText(a.position, b.position));
}

/** The body that changes a plan. */
export function planEdit({ name, description, groups, testNetworks }: PlanFacts): JsonObject {
  return {
    name,
    description,
    protection_groups: [...groups],
    test_network_mappings: testNetworks.map(({ network, testNetwork }) => ({
      target_network: network,
      test_network: testNetwork,
    })),
  };
}

/** The body that makes one. */
export function planBody(wanted: PlanFacts): JsonObject {
  return { ...planEdit(wanted), protected_vc_guid: wanted.protectedVcenter };
}

/** A plan as SRM shows it. */
export function planFrom(
  info: JsonObject,
  groups: readonly JsonObject[],
  testNetworks: readonly JsonObject[],
  vms: readonly VmFacts[],
  callouts: Readonly<Record<CalloutMode, readonly CalloutFacts[]>>,
): PlanFacts {
  return {
    name: text(info["name"]),
    description: text(info["description"]),
    protectedVcenter: text(info["protected_vc_guid"]),
    groups: groups.map(({ id }) => text(id)).toSorted(compareText),
    testNetworks: testNetworks
      .map((one) => ({ network: text(one["target_network"]), testNetwork: text(one["test_network"]) }))
      .toSorted((a, b) => compareText(a.network, b.network)),
    vms: vms.toSorted((a, b) => compareText(a.vm, b.vm)),
    callouts: Object.fromEntries(
      CALLOUT_MODES.map((mode) => [mode, byPosition(callouts[mode])]),
    ) as unknown as PlanFacts["callouts"],
  };
}

/** Recovery settings of a VM as SRM shows them. */
export function vmFrom(vm: string, settings: JsonObject): VmFacts {
  const shutdown = settings["shutdown_action_settings"];
  const steps = (key: string): CommandFacts[] => objectsIn(settings[key]).map(commandFrom);
  return {
    vm,
    priority: text(settings["priority"]),
    startup: text(settings["startup_action"]),
    shutdownTimeout: isObject(shutdown) ? Number(shutdown["timeout_seconds"]) : 0,
    after: objectsIn(settings["dependent_vms"])
      .map(({ id }) => text(id))
      .toSorted(compareText),
    beforePowerOn: steps("pre_power_on_steps"),
    afterPowerOn: steps("post_power_on_steps"),
  };
}

/** Fields of the settings that say how a VM is addressed and started; they are kept as they are. */
const KEPT = ["ip_customization_type", "nic_settings", "startup_action_settings"] as const;

/**
 * The body that updates a VM's settings: it is taken whole, so what is not declared is said again as it is.
 *
 * @param names names of the plan's VMs by id
 */
export function settingsBody(
  wanted: VmFacts,
  present: JsonObject,
  names: ReadonlyMap<string, string>,
): JsonObject {
  const kept = KEPT.flatMap((key): [string, Json][] => {
    const value = present[key];
    return value === undefined ? [] : [[key, value]];
  });
  const steps = (list: readonly CommandFacts[], type: string): Json =>
    list.map((one) => ({ ...commandBody(one), step_type: type, id: "" }));
  return {
    ip_customization_type: "AUTO",
    ...Object.fromEntries(kept),
    priority: wanted.priority,
    startup_action: wanted.startup,
    shutdown_action_settings: { skip_shutdown_guest: false, timeout_seconds: wanted.shutdownTimeout },
    pre_power_on_steps: steps(wanted.beforePowerOn, "PRE_POWER_ON"),
    post_power_on_steps: steps(wanted.afterPowerOn, "POST_POWER_ON"),
    dependent_vms: wanted.after.map((id) => ({ id, name: names.get(id) ?? id })),
  };
}

/** The part of a body that says what a command or prompt is. */
export function commandBody({ name, content, type, timeout }: CommandFacts): JsonObject {
  return { name, content, callout_type: type, timeout_seconds: timeout };
}

export function commandFrom(callout: JsonObject): CommandFacts {
  const type = text(callout["callout_type"]);
  return {
    name: text(callout["name"]),
    content: text(callout["content"]),
    type,
    // A prompt waits for a person, whatever number it carries.
    timeout: type === "PROMPT" ? 0 : Number(callout["timeout_seconds"]),
  };
}

function calloutFacts(callout: CalloutDeclaration): CalloutFacts {
  return { ...commandFacts(callout), position: callout.at };
}

function commandFacts(step: StepDeclaration | CalloutDeclaration): CommandFacts {
  if ("prompt" in step) return { name: step.name, content: step.prompt, type: "PROMPT", timeout: 0 };
  const type = step.on === "virtual-machine" ? "RUN_ON_VM" : "RUN_ON_SRM_SERVER";
  return { name: step.name, content: step.command, type, timeout: step.timeout };
}

function vmFacts(vm: PlanVm): VmFacts {
  return {
    vm: vm.id,
    priority: `P${vm.priority}`,
    startup: vm.powerOn ? "POWER_ON" : "DO_NOT_POWER_ON",
    shutdownTimeout: vm.shutdownTimeout,
    after: vm.after.toSorted(compareText),
    beforePowerOn: vm.beforePowerOn.map(commandFacts),
    afterPowerOn: vm.afterPowerOn.map(commandFacts),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
