import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { EXIT, messageOf, OperationError, type ExitCode } from "../errors.js";

/** Runs a job for one guest, or for all of them: then one that fails does not keep the others from theirs. */
export async function each<Result>(
  context: Context,
  name: string | undefined,
  job: (guest: PlanGuest) => Promise<Result>,
  text: (result: Result) => string,
  guests: readonly PlanGuest[] = context.plan.guests,
): Promise<ExitCode> {
  if (name !== undefined) {
    const result = await job(context.guest(name));
    context.output.result(result, text(result));
    return EXIT.ok;
  }
  const results: unknown[] = [];
  const lines: string[] = [];
  let code: ExitCode = EXIT.ok;
  for (const guest of guests) {
    try {
      const result = await job(guest);
      results.push(result);
      lines.push(text(result));
    } catch (error) {
      code = error instanceof OperationError ? error.exitCode : EXIT.failed;
      context.output.warn(`${guest.name}: ${messageOf(error)}`);
      results.push({ ok: false, guest: guest.name, error: messageOf(error) });
      lines.push(`${guest.name}: FAILED: ${messageOf(error)}`);
    }
  }
  context.output.result({ ok: code === EXIT.ok, guests: results }, lines.join("\n"));
  return code;
}
