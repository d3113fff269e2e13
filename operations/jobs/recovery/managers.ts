import { patroni } from "../../adapters/patroni.js";
import type { Context } from "../../context.js";
import { messageOf, OperationError } from "../../errors.js";
import type { ClusterManager } from "../../ports/index.js";

/** The cluster manager, asked in one member. */
export function managerIn(context: Context, member: string): ClusterManager {
  const { replication } = context.guest(member).addresses;
  return patroni(context.agent(member), context.plan.environment.cluster.name, replication);
}

/** Asks members, one after the other, until one can tell. @throws OperationError with what the last one said */
export async function askAny<T>(
  context: Context,
  members: readonly string[],
  ask: (manager: ClusterManager) => Promise<T>,
): Promise<T> {
  let complaint = "no member lives";
  for (const name of members) {
    try {
      return await ask(managerIn(context, name));
    } catch (error) {
      complaint = messageOf(error);
    }
  }
  throw new OperationError(complaint);
}

/**
 * Lets Patroni start servers that stand still: it starts none while manual failover pauses it. Once every member runs,
 * pgkeep-reconcile pauses it again.
 *
 * @param first member that probably answers
 */
export async function liftPause(context: Context, first: string | undefined): Promise<void> {
  const { guests, environment } = context.plan;
  if (environment.failover.mode !== "manual") return;
  const members = guests.filter(({ kind }) => kind === "member").map(({ name }) => name);
  const ordered = members.toSorted((a, b) => Number(b === first) - Number(a === first));
  await askAny(context, ordered, (manager) => manager.resume());
}

/** Longest time for a new primary to appear, in seconds: three times what was computed, at least ten minutes. */
export function promotionLimit({ plan }: Context): number {
  const computed = plan.achieved.find(({ failure }) => failure === "site")?.rto ?? 200;
  return Math.max(600, 3 * computed);
}

/** Seconds for the redirect to follow a new primary: its name server may be away for a moment, and a busy guest is slow. */
const FOLLOW = 600;
const PAUSE = 3;

/** Makes roles and redirect follow a primary, and believes it only when they have. @throws OperationError when they do not */
export async function redirectTo(context: Context, primary: string): Promise<void> {
  const { clock } = context;
  const began = clock.monotonic();
  for (;;) {
    let complaint: string;
    try {
      const { followed, role = "unknown", waiting } = await managerIn(context, primary).reconcile();
      if (followed) return;
      complaint = waiting.join("; ") || `Patroni calls it ${role}`;
    } catch (error) {
      complaint = messageOf(error);
    }
    if (clock.monotonic() - began > FOLLOW)
      throw new OperationError(
        `clients do not find ${primary}: ${complaint}`,
        "the timer of pgkeep-reconcile goes on trying; look at the name server and at Patroni's log",
      );
    await clock.sleep(PAUSE);
  }
}
