import { OperationError } from "../../errors.js";
import type { Context } from "../../context.js";
import type { VCenter, VirtualMachine } from "../../ports/index.js";

/** Seconds for which the job waits for what vCenter is doing on the VM, and between two looks. */
const PATIENCE = 1800;
const PACE = 2;

/** Seconds by which vCenter's clock and ours may differ before ages are not believed. */
export const CLOCK_TOLERANCE = 300;

/**
 * Waits until vCenter does nothing on the VM: what a killed run has begun goes on there, and another program may be at work.
 *
 * @returns what was waited for
 * @throws OperationError when it takes too long
 */
export async function awaitQuiet(
  { clock, output }: Pick<Context, "clock" | "output">,
  vcenter: Pick<VCenter, "tasks">,
  { reference, name }: Pick<VirtualMachine, "reference" | "name">,
): Promise<readonly string[]> {
  const waited = new Set<string>();
  for (const began = clock.monotonic(); ;) {
    const tasks = await vcenter.tasks(reference);
    if (tasks.length === 0) return [...waited];
    const [first] = tasks;
    const text = `${first?.what ?? ""} of ${first?.user ?? ""}`;
    if (!waited.has(text)) output.info(`waiting for ${text} on ${name}, at most ${PATIENCE} s`);
    waited.add(text);
    if (clock.monotonic() - began > PATIENCE)
      throw new OperationError(
        `vCenter is still busy with ${text} on ${name} after ${PATIENCE} s`,
        "look at the task in vCenter; the next run goes on from here",
      );
    await clock.sleep(PACE);
  }
}

/** Seconds by which vCenter's clock is ahead of ours. */
export async function clockOffset(
  { clock }: Pick<Context, "clock">,
  vcenter: Pick<VCenter, "now">,
): Promise<number> {
  return Math.round(((await vcenter.now()).getTime() - clock.now().getTime()) / 1000);
}
