import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import { unfenceAndStart } from "../recovery/fencing.js";
import { health } from "../recovery/health.js";
import { liftPause, promotionLimit } from "../recovery/managers.js";

/**
 * Ends a drill in which nobody took over. The old primary may be fenced all the same, by the promotion that failed; it is
 * started whatever marks it, and Patroni's lease decides who becomes primary.
 */
export async function revive(context: Context, old: PlanGuest): Promise<string> {
  const { clock, output } = context;
  const { primary, members } = await health(context);
  if (primary !== undefined) return `${primary.name} is primary`;
  await unfenceAndStart(context, old);
  await liftPause(context, members.find(({ role }) => role === "standby")?.name);
  const limit = promotionLimit(context);
  const began = clock.monotonic();
  for (;;) {
    const now = await health(context);
    if (now.primary !== undefined)
      return `${old.name} was started, because nobody took over; ${now.primary.name} is primary`;
    const waited = clock.monotonic() - began;
    if (waited > limit)
      throw new OperationError(
        `${old.name} was started, but after ${limit} s ${now.problems.join("; ")}`,
        "look at Patroni's log in every member",
      );
    output.progress("waiting for a primary", Math.min(0.99, waited / limit));
    await clock.sleep(2);
  }
}
