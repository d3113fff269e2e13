import type { Context } from "../../context.js";
import { messageOf, OperationError } from "../../errors.js";
import { isOff, unfenceAndStart } from "./fencing.js";
import { health } from "./health.js";
import { managerIn, redirectTo } from "./managers.js";

/**
 * Seconds for which a refused request is repeated. Patroni refuses a candidate that PostgreSQL already counts as
 * synchronous until its own next look at it, one `loopWait` later.
 */
const REFUSALS = 180;

/** Seconds to see whether a request that was complained of took effect all the same. */
const SECOND_LOOK = 10;

/** A planned switchover, with the clients. It believes the servers, whatever the tool said. @throws OperationError after `limit` seconds */
export async function handOver(context: Context, from: string, to: string, limit: number): Promise<void> {
  const { clock } = context;
  const began = clock.monotonic();
  const elapsed = (): number => clock.monotonic() - began;
  for (;;) {
    let complaint = "";
    try {
      await managerIn(context, from).switchover(from, to);
    } catch (error) {
      complaint = messageOf(error);
    }
    const patience = complaint === "" ? limit - elapsed() : SECOND_LOOK;
    if (await becomesPrimary(context, to, patience)) break;
    if (elapsed() > Math.min(limit, REFUSALS))
      throw new OperationError(`${to} did not become primary${complaint === "" ? "" : `: ${complaint}`}`);
  }
  await redirectTo(context, to);
  await keepAsStandby(context, from);
}

/** A promotion fences the old primary when its Patroni answers too late, as on a busy machine; here nobody was lost. */
async function keepAsStandby(context: Context, name: string): Promise<void> {
  const guest = context.guest(name);
  try {
    if (!(await isOff(context, guest))) return;
    context.output.warn(`${name} answered too late and was fenced by the promotion: starting it as standby`);
    await unfenceAndStart(context, guest);
  } catch (error) {
    context.output.warn(`whether ${name} runs as standby is unknown: ${messageOf(error)}`);
  }
}

async function becomesPrimary(context: Context, name: string, patience: number): Promise<boolean> {
  const { clock } = context;
  const began = clock.monotonic();
  for (;;) {
    const { primary } = await health(context);
    if (primary?.name === name) return true;
    if (clock.monotonic() - began > patience) return false;
    await clock.sleep(2);
  }
}
