import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { messageOf, OperationError, RefusedError } from "../errors.js";
import type { EvidenceRecord } from "../evidence/index.js";
import { HostUnreachableError } from "../ports/index.js";
import { chooseCandidate } from "./recovery/candidate.js";
import { computedFor, writeEvidence } from "./recovery/evidence.js";
import { fence } from "./recovery/fencing.js";
import { handOver } from "./recovery/hand-over.js";
import { health } from "./recovery/health.js";
import { managerIn, promotionLimit, redirectTo } from "./recovery/managers.js";
import type { MemberState } from "./recovery/members.js";
import { Recorder } from "./recovery/recorder.js";
import { situation } from "./recovery/situation.js";

export interface FailoverOptions {
  /**
   * Member that becomes primary.
   *
   * @default the primary itself when it is away from its home site already, so that a repeated run only does the rest; else a standby
   * that has every acknowledged row, or the most rows with asynchronous replication, at the standby site if there is one
   */
  readonly to?: string | undefined;
  /** Members that a person has seen to be powered off, because their hypervisor cannot be reached. */
  readonly confirmOff: readonly string[];
  readonly evidence: string;
}

/**
 * Moves the primary role: planned, with nothing lost, when the primary lives; forced when it does not, after the old one is
 * fenced. It keeps no state of its own: when the candidate already is primary, only the rest is done.
 */
export async function failover(
  context: Context,
  options: FailoverOptions,
): Promise<EvidenceRecord | undefined> {
  const recorder = new Recorder(context.output, context.clock);
  const before = await situation(context);
  const { primary } = before;
  const candidate =
    primary !== undefined && options.to === undefined && isAway(context, primary)
      ? context.guest(primary.name)
      : chooseCandidate(context, before, options.to);
  const down = context.plan.guests.filter(({ name }) =>
    before.members.some((member) => member.name === name && member.role === "down"),
  );
  if (context.dryRun) {
    context.output.info(
      primary === undefined
        ? `would fence ${down.map(({ name }) => name).join(", ") || "nobody"}, then promote ${candidate.name}`
        : primary.name === candidate.name
          ? `${candidate.name} is primary already; would only see that clients find it`
          : `would hand over from ${primary.name} to ${candidate.name}`,
    );
    return undefined;
  }
  let ready = true;
  if (primary === undefined) {
    ready = await recorder.step("S1", "fence every member that does not answer", async () => {
      const said: string[] = [];
      for (const guest of down)
        said.push(await fenceOrConfirm(context, guest, candidate.name, options.confirmOff));
      return said.join("; ") || "every other member is a standby";
    });
  } else recorder.skip("S1", "fence", "the primary lives and hands over itself");
  ready =
    ready &&
    (await recorder.step("S2", `${candidate.name} becomes primary`, async () => {
      if (primary === undefined) await promote(context, candidate.name);
      else if (primary.name !== candidate.name)
        await handOver(context, primary.name, candidate.name, promotionLimit(context));
      const after = await health(context);
      if (after.primary?.name !== candidate.name)
        throw new OperationError(`${candidate.name} is not primary: ${after.problems.join("; ")}`);
      return `timeline ${after.primary.timeline ?? 0}`;
    }));
  if (ready)
    await recorder.step("S3", "clients find the new primary", async () => {
      await redirectTo(context, candidate.name);
      return "the redirect points to it";
    });
  const { rto, rpo } = context.plan.environment.objectives;
  return writeEvidence(context, options.evidence, "failover", recorder, {
    measured:
      primary === undefined && recorder.verdict === "passed"
        ? { rtoSeconds: Math.round(recorder.elapsed() * 1000) / 1000 }
        : {},
    objectives: { rtoSeconds: rto, rpoSeconds: rpo },
    computed: computedFor(context.plan.achieved, "site"),
  });
}

/** True when the primary is not where it belongs: then a failover has happened, by Patroni or by an earlier run. */
function isAway(context: Context, primary: MemberState): boolean {
  const home = context.plan.environment.sites.find(({ role }) => role === "primary")?.name;
  return context.guest(primary.name).site !== home;
}

/** Off by its hypervisor, or by the word of a person; never by silence alone. */
async function fenceOrConfirm(
  context: Context,
  guest: PlanGuest,
  candidate: string,
  confirmed: readonly string[],
): Promise<string> {
  try {
    await fence(context, guest);
    return `${guest.name} is off and marked`;
  } catch (error) {
    if (!(error instanceof HostUnreachableError)) throw error;
    if (!confirmed.includes(guest.name))
      throw new RefusedError(
        `${guest.name} may still be primary: ${messageOf(error)}`,
        `when a person has seen that it is powered off: --confirm-off ${guest.name}`,
      );
    await managerIn(context, candidate).confirmOff(guest.name);
    return `a person vouches that ${guest.name} is off`;
  }
}

/** Lets Patroni promote; it may have done so by itself meanwhile, which is as good. */
export async function promote(context: Context, candidate: string): Promise<void> {
  const limit = promotionLimit(context);
  const began = context.clock.monotonic();
  let complaint = "";
  for (;;) {
    const { primary } = await health(context);
    if (primary?.name === candidate) return;
    if (primary !== undefined)
      throw new OperationError(`${primary.name} became primary instead of ${candidate}`);
    if (context.clock.monotonic() - began > limit)
      throw new OperationError(`${candidate} did not become primary within ${limit} s: ${complaint}`);
    try {
      await managerIn(context, candidate).failover(candidate);
    } catch (error) {
      complaint = messageOf(error);
    }
    await context.clock.sleep(3);
  }
}
