import type { Context } from "../../context.js";
import { messageOf, RefusedError } from "../../errors.js";
import type { Leadership } from "../../ports/index.js";
import { health, type Health } from "./health.js";
import { askAny } from "./managers.js";

/** Looks without a primary before its loss is believed, and seconds between them: in a switchover there is none for a moment. */
const LOOKS = 5;
const PAUSE = 5;

/** The cluster when somebody has to decide about the primary role. */
export interface Situation extends Health {
  /** What the members agreed on; known when there is no primary but a standby. */
  readonly leadership: Leadership | undefined;
}

/**
 * Looks until there is a primary, or until its loss is certain: no server says that it is one, look after look, and nobody
 * holds Patroni's lease any more. A server that only we cannot reach keeps its lease, and is left alone.
 *
 * @throws RefusedError when two servers say that they are primary, or when it stays unclear whether there is one
 */
export async function situation(context: Context): Promise<Situation> {
  const { clock, plan, output } = context;
  const { ttl, loopWait } = plan.environment.failover;
  const limit = 2 * ttl + loopWait;
  const began = clock.monotonic();
  for (let look = 1; ; look += 1) {
    const now = await health(context);
    if (now.primary !== undefined) return { ...now, leadership: undefined };
    if (now.members.filter(({ role }) => role === "primary").length > 1)
      throw new RefusedError(
        now.problems.join("; "),
        "power one of them off by hand; look at Patroni's log first",
      );
    const standbys = now.members.filter(({ role }) => role === "standby").map(({ name }) => name);
    if (standbys.length === 0 && look >= LOOKS) return { ...now, leadership: undefined };
    let doubt: RefusedError;
    try {
      const leadership = await askAny(context, standbys, (manager) => manager.leadership());
      if (leadership.leader === undefined && look >= LOOKS) return { ...now, leadership };
      doubt = new RefusedError(
        `${leadership.leader ?? ""} does not answer but holds Patroni's lease, so it may well be primary: ${now.problems.join("; ")}`,
        "look at its guest agent and its hypervisor; `patronictl switchover` in another member moves the role",
      );
    } catch (error) {
      doubt = new RefusedError(
        `no member can tell who holds Patroni's lease: ${messageOf(error)}`,
        "a majority of etcd is needed: start another member or the witness",
      );
    }
    const waited = clock.monotonic() - began;
    if (waited > limit && look > LOOKS) throw doubt;
    output.progress("no primary is seen; looking again", Math.min(0.99, waited / limit));
    await clock.sleep(PAUSE);
  }
}
