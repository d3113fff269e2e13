import { planState } from "../../../components/srm/client/plan-states.js";
import type { Runbook } from "../../../components/srm/client/runbook.js";
import { OperationError, RefusedError } from "../../errors.js";
import { EvidenceStore, type EvidenceRecord } from "../../evidence/index.js";
import type { Output } from "../../output.js";
import {
  UncertainStartError,
  type Clock,
  type PlanOperation,
  type PlanSettings,
  type PlanView,
  type RecoveryManager,
  type RunView,
} from "../../ports/index.js";
import { writeRecord } from "../recovery/evidence.js";
import { Recorder } from "../recovery/recorder.js";
import { decide, OPERATIONS } from "./decide.js";
import { follow, type Ending, type FollowOptions } from "./follow.js";
import { SeenSteps } from "./steps.js";

/** What the jobs on a recovery plan work with. */
export interface PlanContext {
  readonly runbook: Runbook;
  readonly manager: RecoveryManager;
  readonly output: Output;
  readonly clock: Clock;
  readonly dryRun: boolean;
  readonly evidence: string;
}

export interface OperationOptions extends FollowOptions {
  readonly settings: PlanSettings;
}

/** Attempts to start an operation when connections break. */
const START_ATTEMPTS = 3;
/** Milliseconds between the moment of a run and that of its first step, both of SRM's clock. */
const CLOCK_TOLERANCE = 1000;

/**
 * Runs an operation of a recovery plan, or joins it when it runs already, and writes a record with the time of every step. It keeps
 * no state of its own: killed at any moment, the next call finds what SRM does.
 *
 * @returns the record; undefined in a dry run, or when there was nothing to do
 */
export async function runOperation(
  context: PlanContext,
  operation: PlanOperation,
  options: OperationOptions,
): Promise<EvidenceRecord | undefined> {
  const { manager, output, clock, runbook } = context;
  const { title } = OPERATIONS[operation];
  const plan = await manager.plan();
  const decision = decide(operation, plan, await isActive(manager, operation, plan));
  if (decision.do === "refuse") throw new RefusedError(decision.why, decision.remedy);
  if (decision.do === "nothing") return recordLastRun(context, operation, plan);
  if (decision.do === "start") requireBothSites(operation, options.settings, plan);
  if (context.dryRun) {
    output.info(
      decision.do === "join"
        ? `the ${title} of ${plan.name} runs already; would watch it`
        : `would start the ${title} of ${plan.name}, from ${plan.from} to ${plan.to}`,
    );
    return undefined;
  }
  const recorder = new Recorder(output, clock);
  const seen = new SeenSteps();
  let task: string | undefined;
  const started = await recorder.step("S1", `${decision.do} the ${title} of ${plan.name}`, async () => {
    task =
      decision.do === "join"
        ? await manager.runningTask()
        : await start(manager, operation, options.settings);
    return `from ${plan.from} to ${plan.to}${decision.do === "join" ? ", started by an earlier call or by somebody else" : ""}`;
  });
  let ending: Ending | undefined;
  if (started)
    await recorder.step("S2", "SRM carries it out", async () => {
      ending = await follow(manager, context, operation, task, seen, options);
      return judge(operation, options.settings, ending, seen);
    });
  recorder.steps.push(...seen.records(recorder.at(recorder.elapsed())));
  for (const { number, title: step, problems } of seen.failed)
    recorder.fail(`P${number} ${step}: ${problems.join("; ") || "it gives no reason"}`);
  if (ending !== undefined) noteEnding(recorder, output, ending);
  const run = ending === undefined ? undefined : await thisRun(context, operation, seen);
  // SRM's own account is complete, also of steps whose end was not seen.
  for (const error of run?.errors ?? [])
    if (!recorder.findings.some((finding) => finding.includes(error))) recorder.fail(error);
  const seconds = run?.duration ?? Math.round(recorder.elapsed() * 1000) / 1000;
  const { rto, rpo } = runbook.objectives;
  if (operation === "test" && seconds > rto)
    recorder.fail(`the test took ${Math.round(seconds)} s, the objective is ${rto} s`);
  return writeRecord(subjectOf(context), context.evidence, OPERATIONS[operation].kind, recorder, {
    ...(run === undefined ? {} : { id: idOf(operation, run) }),
    measured: measuredOf(operation, recorder.verdict, seconds),
    objectives: { rtoSeconds: rto, rpoSeconds: rpo },
  });
}

/** Do steps of this operation run? Asked only when the state does not say whose they are. */
async function isActive(
  manager: RecoveryManager,
  operation: PlanOperation,
  { status }: PlanView,
): Promise<boolean> {
  if (status !== "WAITING_FOR_USER_INPUT" && status !== "CANCEL_IN_PROGRESS") return false;
  return (await manager.steps(operation)).some((step) => step.status === "RUNNING");
}

/** A planned migration loses nothing, and a reprotection copies back: both need both sites. */
function requireBothSites(operation: PlanOperation, { planned }: PlanSettings, plan: PlanView): void {
  if (plan.bothSites || (planned !== true && operation !== "reprotect")) return;
  throw new RefusedError(
    `${plan.to} does not reach ${plan.from}`,
    operation === "reprotect"
      ? "reprotect when the site is back"
      : "bring the sites together; if the site is lost, run with --disaster: what was not replicated is lost",
  );
}

/** Starts it once: when a connection breaks, the plan's state says whether it was started. */
async function start(
  manager: RecoveryManager,
  operation: PlanOperation,
  settings: PlanSettings,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await manager.start(operation, settings);
    } catch (error) {
      if (!(error instanceof UncertainStartError)) throw error;
      const plan = await manager.plan();
      const { do: next } = decide(operation, plan, await isActive(manager, operation, plan));
      if (next === "join") return manager.runningTask();
      if (next !== "start") return undefined;
      if (attempt >= START_ATTEMPTS) throw error;
    }
  }
}

/** @throws OperationError when SRM did not do what was asked */
function judge(
  operation: PlanOperation,
  settings: PlanSettings,
  { plan, error }: Ending,
  seen: SeenSteps,
): string {
  const { done } = OPERATIONS[operation];
  const incomplete = settings.planned === true && plan.status === "DISASTER_RECOVERY_COMPLETE";
  const { meaning, remedy } = planState(plan.status);
  if (!done.includes(plan.status) || incomplete)
    throw new OperationError(
      `recovery plan ${plan.name} ended as ${plan.status}, ${meaning}${error === "" ? "" : `; its task: ${error}`}`,
      remedy,
    );
  if (error !== "") throw new OperationError(error, remedy);
  return `${plan.status}, ${seen.all.length} steps`;
}

function noteEnding(recorder: Recorder, output: Output, { plan }: Ending): void {
  const { meaning, remedy } = planState(plan.status);
  if (plan.status !== "DISASTER_RECOVERY_COMPLETE") return;
  const text = `the plan is ${meaning}; ${remedy}`;
  // Worth an auditor's attention, but the service is back: no failure.
  output.warn(text);
  recorder.skip("S3", "shut the VMs at the protected site down", text);
}

/** SRM's own account of the run. A record is written without it, too. */
async function lastRun(
  { manager, output }: PlanContext,
  operation: PlanOperation,
): Promise<RunView | undefined> {
  try {
    return await manager.lastRun(operation);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    output.warn(`the history of the plan cannot be read: ${error.message}`);
    return undefined;
  }
}

/** The account of the run whose steps were seen; SRM may show an older one a moment longer. */
async function thisRun(
  context: PlanContext,
  operation: PlanOperation,
  seen: SeenSteps,
): Promise<RunView | undefined> {
  const run = await lastRun(context, operation);
  const first = seen.all
    .flatMap(({ started }) => (started === undefined ? [] : [started.getTime()]))
    .toSorted((a, b) => a - b)[0];
  if (run === undefined || first === undefined) return run;
  const [from, to] = [run.started.getTime(), run.started.getTime() + run.duration * 1000];
  return first >= from - CLOCK_TOLERANCE && first <= to + CLOCK_TOLERANCE ? run : undefined;
}

/** Nothing to do; but a run whose call was killed before its record was written gets one from SRM's history. */
async function recordLastRun(
  context: PlanContext,
  operation: PlanOperation,
  plan: PlanView,
): Promise<EvidenceRecord | undefined> {
  const { manager, output, clock, evidence, runbook, dryRun } = context;
  const { title, kind } = OPERATIONS[operation];
  const { meaning, remedy } = planState(plan.status);
  const run = await lastRun(context, operation);
  if (run === undefined) {
    if (operation === "reprotect")
      throw new RefusedError(`recovery plan ${plan.name} is ${plan.status}: nothing was recovered`, remedy);
    output.info(`recovery plan ${plan.name} is ${plan.status}: ${meaning}; nothing to do`);
    return undefined;
  }
  const known = new EvidenceStore(evidence).read().records.find(({ id }) => id === idOf(operation, run));
  output.info(
    `the ${title} ended at ${run.started.toISOString()} plus ${Math.round(run.duration)} s with ${run.result}` +
      (known === undefined ? "; its record is missing" : "; its record is there"),
  );
  output.info(`the plan is ${meaning}; next: ${remedy}`);
  if (known !== undefined || dryRun) return undefined;
  const ended = new Date(run.started.getTime() + run.duration * 1000);
  const recorder = new Recorder(output, clock);
  const seen = new SeenSteps();
  seen.add((await manager.steps(operation)).filter(({ started }) => started !== undefined));
  recorder.steps.push({
    id: "S2",
    name: "SRM carried it out; the call that watched it did not come back",
    started: run.started.toISOString(),
    duration: run.duration,
    outcome: run.errors.length > 0 ? "failed" : "passed",
    detail: [run.result, ...run.warnings].join(": ").slice(0, 2000),
  });
  recorder.steps.push(...seen.records(ended));
  for (const error of run.errors) recorder.fail(error);
  const { rto, rpo } = runbook.objectives;
  return writeRecord(subjectOf(context), evidence, kind, recorder, {
    id: idOf(operation, run),
    started: run.started.toISOString(),
    finished: ended.toISOString(),
    measured: measuredOf(operation, recorder.verdict, run.duration),
    objectives: { rtoSeconds: rto, rpoSeconds: rpo },
  });
}

function measuredOf(operation: PlanOperation, verdict: string, seconds: number): { rtoSeconds?: number } {
  return verdict === "passed" && (operation === "test" || operation === "recovery")
    ? { rtoSeconds: seconds }
    : {};
}

/** The same run has the same id in whichever call it is recorded. */
function idOf(operation: PlanOperation, { started, key }: RunView): string {
  const moment = started.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${OPERATIONS[operation].kind}-${moment}-${key}`;
}

function subjectOf({ output, runbook }: PlanContext): Parameters<typeof writeRecord>[0] {
  const { environment, cluster, evidenceRetention: retention } = runbook;
  return { output, environment, cluster, retention };
}
