import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import { spawnSync } from "node:child_process";

/** How the primary is lost. */
export type LossKind =
  | { readonly kind: "kill" }
  /** Commands for a shell that cut the primary's site off and join it again. */
  | { readonly kind: "cut"; readonly cut: string; readonly heal: string };

/** Kills the virtual machine as a power cut would: SIGKILL to QEMU, no shutdown, no flush. */
export async function killMachine(context: Context, guest: PlanGuest): Promise<void> {
  const { shell, hypervisor } = context.host(guest.host);
  // libvirt writes the number of the process here while the domain runs.
  const script = 'pid=$(cat "/run/libvirt/qemu/$1.pid") && kill -KILL "$pid"';
  await shell.run(["sh", "-c", script, "sh", guest.name]);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await hypervisor.state(guest.name)) !== "running") return;
    await context.clock.sleep(0.2);
  }
  throw new OperationError(`${guest.name} still runs after its process was killed`);
}

/** Runs a command that the caller gave. */
export function runCommand(command: string, what: string): void {
  const { status, stderr } = spawnSync("sh", ["-c", command], { timeout: 120_000, encoding: "utf8" });
  if (status !== 0)
    throw new OperationError(
      `the ${what} ended with ${status ?? "a signal"}: ${stderr.trim().split("\n").at(-1) ?? ""}`,
    );
}
