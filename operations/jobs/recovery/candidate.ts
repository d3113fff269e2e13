import type { Environment } from "../../../components/declaration/index.js";
import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { RefusedError, UsageError } from "../../errors.js";
import type { SynchronousState } from "../../ports/index.js";
import type { MemberState } from "./members.js";
import type { Situation } from "./situation.js";

/** True when `one` has received all WAL that `other` has. */
function reaches(one: MemberState, other: MemberState): boolean {
  const [later, earlier] = [one.timeline ?? 0, other.timeline ?? 0];
  return later === earlier ? (one.received ?? 0) >= (other.received ?? 0) : later > earlier;
}

/**
 * Standbys that can take over from a lost primary: with synchronous replication those that hold every acknowledged row for
 * certain, else those that have received most. Patroni compares nobody's WAL when a candidate is named, so we do.
 */
export function promotable(
  members: readonly MemberState[],
  mode: Environment["replication"]["mode"],
  synchronous: SynchronousState | undefined,
): readonly MemberState[] {
  const standbys = members.filter(({ role }) => role === "standby");
  if (mode === "async") return standbys.filter((one) => standbys.every((other) => reaches(one, other)));
  if (synchronous === undefined) return [];
  const confirming = standbys.filter(({ name }) => synchronous.standbys.includes(name));
  return standbys.filter((one) => {
    // The lost primary itself, back as a standby, lacks nothing.
    if (one.name === synchronous.primary) return true;
    const passed = confirming.filter((other) => other !== one && reaches(one, other)).length;
    return confirming.includes(one) && passed >= synchronous.quorum;
  });
}

/** Who becomes primary. @throws UsageError, RefusedError when nobody may */
export function chooseCandidate(context: Context, now: Situation, wanted: string | undefined): PlanGuest {
  const { plan } = context;
  const { mode } = plan.environment.replication;
  const members = plan.guests.filter(({ kind }) => kind === "member");
  const lost = now.primary === undefined;
  const living = now.members.filter(({ role }) => role !== "down").map(({ name }) => name);
  const standbys = now.members.filter(({ role }) => role === "standby").map(({ name }) => name);
  const fit = lost
    ? promotable(now.members, mode, now.leadership?.synchronous).map(({ name }) => name)
    : standbys;
  const safe = `${fit.join(" or ") || "none"}`;
  if (wanted !== undefined) {
    const found = members.find(({ name }) => name === wanted);
    if (found === undefined)
      throw new UsageError(
        `"${wanted}" is not a member`,
        `one of ${members.map(({ name }) => name).join(", ")}`,
      );
    if (!living.includes(wanted))
      throw new RefusedError(`${wanted} does not answer`, "choose a member that lives");
    if (!lost || fit.includes(wanted)) return found;
    if (mode !== "async") throw unsafe(`${wanted} may lack acknowledged rows; certain to have them: ${safe}`);
    context.output.warn(`${safe} has received more than ${wanted}; the difference will be lost`);
    return found;
  }
  if (standbys.length === 0)
    throw new RefusedError(
      "no standby lives that could be promoted",
      "`pgkeep drill site` shows whether a VM replica would do; `pgkeep drill restore` whether a backup would",
    );
  const sites = plan.environment.sites.filter(({ role }) => role === "standby").map(({ name }) => name);
  const [best] = members
    .filter(({ name }) => fit.includes(name))
    .toSorted((a, b) => Number(sites.includes(b.site)) - Number(sites.includes(a.site)));
  if (best === undefined)
    throw unsafe(`no standby that lives is certain to have every acknowledged row: ${standbys.join(", ")}`);
  return best;
}

function unsafe(message: string): RefusedError {
  return new RefusedError(
    message,
    "start the old primary or a standby that confirmed its commits; who accepts the loss says so to Patroni itself: `patronictl failover --candidate MEMBER`",
  );
}
