import type { Context } from "../context.js";
import { RefusedError } from "../errors.js";
import type { EvidenceRecord } from "../evidence/index.js";
import { writeEvidence } from "./recovery/evidence.js";
import { isOff, unfenceAndStart } from "./recovery/fencing.js";
import { handOver } from "./recovery/hand-over.js";
import { liftPause } from "./recovery/managers.js";
import { health, waitForHealth, type Health } from "./recovery/health.js";
import { Recorder } from "./recovery/recorder.js";

export interface FailbackOptions {
  readonly evidence: string;
  /** Hand the primary role back to the primary site in the end. @default true */
  readonly switchBack?: boolean;
  /** Seconds for a member to come back and catch up. @default 1800 */
  readonly limit?: number;
}

/** What stands between now and the declared state. */
export interface FailbackPlan {
  readonly primary: string;
  /** Members that are off or fenced. */
  readonly start: readonly string[];
  /** True when a server does not run, be it that its machine does. */
  readonly wake: boolean;
  /** Member that should be primary; undefined when it is already. */
  readonly handOverTo: string | undefined;
}

/**
 * Brings lost members back as standbys (Patroni rewinds them) and the primary role back to its site. It keeps no state of its
 * own: every run looks at the world, so it may be killed at any step and repeated.
 */
export async function failback(
  context: Context,
  options: FailbackOptions,
): Promise<EvidenceRecord | undefined> {
  if (context.dryRun) {
    const todo = await planFailback(context, options.switchBack ?? true);
    const steps = [
      ...todo.start.map((name) => `start ${name} as standby`),
      ...(todo.handOverTo === undefined ? [] : [`hand over from ${todo.primary} to ${todo.handOverTo}`]),
    ];
    context.output.info(steps.length === 0 ? "nothing to do" : `would ${steps.join(", then ")}`);
    return undefined;
  }
  const recorder = new Recorder(context.output, context.clock);
  const ended = await failbackSteps(context, recorder, options);
  return writeEvidence(context, options.evidence, "failback", recorder, {
    ...(ended?.primary?.systemIdentifier === undefined
      ? {}
      : { systemIdentifier: ended.primary.systemIdentifier }),
    measured: {},
  });
}

/** The steps, for the failover drill as well. */
export async function failbackSteps(
  context: Context,
  recorder: Recorder,
  { switchBack = true, limit = 1800 }: Pick<FailbackOptions, "switchBack" | "limit">,
): Promise<Health | undefined> {
  let todo: FailbackPlan | undefined;
  let ended: Health | undefined;
  const planned = await recorder.step("K1", "find what is missing", async () => {
    todo = await planFailback(context, switchBack);
    return `${todo.primary} is primary; ${todo.start.join(", ") || "nobody"} to be started`;
  });
  if (!planned || todo === undefined) return undefined;
  const { start, wake, handOverTo, primary } = todo;
  const started = await recorder.step("K2", "take the fence away and start", async () => {
    for (const name of start) await unfenceAndStart(context, context.guest(name));
    if (wake) await liftPause(context, primary);
    return start.length === 0 ? "every member runs" : `${start.join(", ")} started`;
  });
  if (!started) return undefined;
  const joined = await recorder.step("K3", "members rejoin and catch up", async () => {
    ended = await waitForHealth(context, limit);
    const lag = context.plan.environment.replication.maximumLag;
    return `every standby streams from ${ended.primary?.name ?? ""}, none lags more than ${lag} bytes`;
  });
  if (!joined || handOverTo === undefined) return ended;
  await recorder.step("K4", `hand over to ${handOverTo}`, async () => {
    await handOver(context, primary, handOverTo, limit);
    ended = await waitForHealth(context, limit);
    return `${handOverTo} is primary on timeline ${ended.primary?.timeline ?? 0}; every standby streams`;
  });
  return ended;
}

/** Looks at the world. @throws RefusedError when no single primary is known: then nobody may be started */
async function planFailback(context: Context, switchBack: boolean): Promise<FailbackPlan> {
  const { primary, problems, members: states } = await health(context);
  if (primary === undefined)
    throw new RefusedError(
      `${problems.join("; ")}: starting a fenced member could make a second primary`,
      "`pgkeep failover` first, or look at Patroni's log",
    );
  const members = context.plan.guests.filter(({ kind }) => kind === "member");
  const start: string[] = [];
  for (const guest of members.filter(({ name }) => name !== primary.name))
    if (await isOff(context, guest)) start.push(guest.name);
  const home = context.plan.environment.sites.find(({ role }) => role === "primary")?.name;
  const preferred = members.find(({ site }) => site === home)?.name;
  const away = members.find(({ name }) => name === primary.name)?.site !== home;
  const wake = states.some(({ role }) => role === "down");
  return { primary: primary.name, start, wake, handOverTo: switchBack && away ? preferred : undefined };
}
