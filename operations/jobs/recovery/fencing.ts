import { FENCE, type PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";

/** Whether a guest's domain carries the mark that forbids its start. */
export async function isFenced(context: Context, guest: PlanGuest): Promise<boolean> {
  const mark = await context.host(guest.host).hypervisor.metadata(guest.name, FENCE.key);
  return mark !== undefined;
}

/** Whether a guest does not run, or may not. */
export async function isOff(context: Context, guest: PlanGuest): Promise<boolean> {
  const state = await context.host(guest.host).hypervisor.state(guest.name);
  return state !== "running" || (await isFenced(context, guest));
}

/**
 * Marks a guest and powers it off, so that nothing starts it again before a failback; a guest that is not defined cannot run.
 * The mark comes first: nothing can start it between power-off and mark.
 */
export async function fence(context: Context, guest: PlanGuest): Promise<void> {
  const { hypervisor } = context.host(guest.host);
  if ((await hypervisor.state(guest.name)) === "absent") return;
  await hypervisor.setMetadata(guest.name, FENCE.key, FENCE.mark);
  await hypervisor.autostart(guest.name, false);
  await hypervisor.destroy(guest.name);
  const state = await hypervisor.state(guest.name);
  if (state !== "shut off" && state !== "crashed")
    throw new OperationError(`${guest.name} is ${state} after it was powered off`);
}

/** Takes the mark away and starts the guest. Patroni's lease decides about its role: a killed primary comes up as a standby. */
export async function unfenceAndStart(context: Context, guest: PlanGuest): Promise<void> {
  const { hypervisor } = context.host(guest.host);
  await hypervisor.setMetadata(guest.name, FENCE.key, undefined);
  await hypervisor.autostart(guest.name, true);
  if ((await hypervisor.state(guest.name)) !== "running") await hypervisor.start(guest.name);
}

/** Proves that a fenced guest stays off: its start is refused by the hypervisor. */
export async function proveFenced(context: Context, guest: PlanGuest): Promise<string> {
  const { hypervisor } = context.host(guest.host);
  const state = await hypervisor.state(guest.name);
  if (state !== "shut off" && state !== "crashed")
    throw new OperationError(`${guest.name} is ${state}, not off`);
  if (!(await isFenced(context, guest)))
    throw new OperationError(`${guest.name} is off but carries no fence mark`);
  try {
    await hypervisor.start(guest.name);
  } catch (error) {
    return `${guest.name} is off, and its start was refused: ${error instanceof Error ? error.message : String(error)}`;
  }
  await hypervisor.destroy(guest.name);
  throw new OperationError(`${guest.name} could be started although it is fenced; it was powered off again`);
}
