import { z } from "zod";
import { parseWith, type Parsed } from "../dynamic/parse.js";
import { sitesSchema } from "./client/sites-schema.js";
import {
  checkDistinct,
  description,
  inventoryId,
  objectName,
  reporter,
  timeout,
  vmId,
} from "./fields-schema.js";
import { PAGE } from "./group-schema.js";
import { CALLOUT_MODES, POSITION_NAMES, POSITIONS, type CalloutMode } from "./positions.js";

/** SRM takes 0 to 59999 seconds; a command without a limit would hold up a recovery for ever. */
const stepTimeout = z.number().int().min(1).max(59_999).default(300);

const command = z.strictObject({
  name: objectName,
  on: z.enum(["srm-server", "virtual-machine"]).default("srm-server"),
  command: z.string().min(1).max(4096),
  timeout: stepTimeout,
});

const prompt = z.strictObject({ name: objectName, prompt: z.string().min(1).max(4096) });

const placed = {
  at: z.enum(POSITION_NAMES),
  in: z.array(z.enum(CALLOUT_MODES)).min(1).default(["recovery"]),
};

const callout = z.union([
  z.strictObject({ ...command.shape, on: z.literal("srm-server").default("srm-server"), ...placed }),
  z.strictObject({ ...prompt.shape, ...placed }),
]);

const virtualMachine = z.strictObject({
  id: vmId,
  priority: z.number().int().min(1).max(5).default(3),
  powerOn: z.boolean().default(true),
  shutdownTimeout: z.number().int().min(0).max(3599).default(600),
  after: z.array(vmId).default([]),
  beforePowerOn: z.array(z.union([command, prompt])).default([]),
  afterPowerOn: z.array(z.union([command, prompt])).default([]),
});

/** A recovery plan as declared. */
export const planSchema = z
  .strictObject({
    sites: sitesSchema,
    name: objectName,
    description,
    protectionGroups: z.array(z.string().min(1)).min(1),
    testNetworks: z.array(z.strictObject({ network: inventoryId, testNetwork: inventoryId })).default([]),
    virtualMachines: z.array(virtualMachine).default([]),
    callouts: z.array(callout).default([]),
    timeout,
  })
  .superRefine(({ virtualMachines, callouts, testNetworks, protectionGroups }, context) => {
    const report = reporter(context);
    const ids = virtualMachines.map(({ id }) => id);
    checkDistinct(ids, ["virtualMachines"], "id", report);
    checkDistinct(protectionGroups, ["protectionGroups"], "", report);
    checkDistinct(
      testNetworks.map(({ network }) => network),
      ["testNetworks"],
      "network",
      report,
    );
    virtualMachines.forEach(({ id, priority, after, beforePowerOn }, i) => {
      after.forEach((other, k) => {
        const found = virtualMachines.find((vm) => vm.id === other);
        // SRM heeds dependencies within one priority alone.
        if (found === undefined || other === id || found.priority !== priority)
          report(
            ["virtualMachines", i, "after", k],
            found === undefined || other === id ? "is no other VM of the plan" : "has another priority",
            `another VM of priority ${priority}: across priorities, the priority decides`,
          );
      });
      beforePowerOn.forEach((step, k) => {
        if ("on" in step && step.on === "virtual-machine")
          report(
            ["virtualMachines", i, "beforePowerOn", k, "on"],
            "runs in a VM that is not on yet",
            "srm-server, or put it into afterPowerOn",
          );
      });
    });
    for (const mode of CALLOUT_MODES) checkCallouts(mode, callouts, report);
  });

export type PlanDeclaration = z.output<typeof planSchema>;
export type CalloutDeclaration = PlanDeclaration["callouts"][number];
export type PlanVm = PlanDeclaration["virtualMachines"][number];
export type StepDeclaration = PlanVm["afterPowerOn"][number];

/** Reads a recovery plan and checks it. */
export function parsePlan(input: unknown): Parsed<PlanDeclaration> {
  return parseWith(planSchema, input, PAGE);
}

function checkCallouts(
  mode: CalloutMode,
  callouts: readonly CalloutDeclaration[],
  report: ReturnType<typeof reporter>,
): void {
  const names: string[] = [];
  callouts.forEach(({ name, at, in: modes }, i) => {
    if (!modes.includes(mode)) return;
    if (names.includes(name))
      report(
        ["callouts", i, "name"],
        `is named twice in ${mode}`,
        "a name of its own: callouts are known by it",
      );
    names.push(name);
    const { modes: there } = POSITIONS[at];
    if (!(there as readonly CalloutMode[]).includes(mode))
      report(
        ["callouts", i, "at"],
        `is no place in a ${mode}`,
        `a place that a ${mode} has, or in: ["recovery"]`,
      );
  });
}
