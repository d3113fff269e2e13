import { crashPoint } from "../../crash.js";
import { RefusedError } from "../../errors.js";
import type { Retention } from "../../../components/declaration/index.js";
import type { Context } from "../../context.js";
import type { VCenter, VirtualMachine } from "../../ports/index.js";
import { applyRetention, type Pruned } from "../retention.js";
import type { VmCopy } from "./copies.js";
import { markOf, type Owner } from "./ownership.js";

/** Removes snapshots of ours that the declaration does not keep, one by one, and looks at the VM before and after each. */
export function pruneVmSnapshots(
  context: Pick<Context, "clock" | "output" | "dryRun">,
  vcenter: Pick<VCenter, "machine" | "removeSnapshot">,
  machine: Pick<VirtualMachine, "reference" | "name">,
  owner: Owner,
  { own, retention }: { readonly own: readonly VmCopy[]; readonly retention: Retention },
): Promise<Pruned> {
  return applyRetention(context, own, retention, async (copy, kept) => {
    const before = await snapshotsNow(vcenter, machine);
    const present = before.find(({ id }) => id === copy.id);
    // Somebody else has removed it meanwhile.
    if (present === undefined) return;
    if (markOf(present, owner) === undefined)
      throw new RefusedError(`${copy.name} of ${machine.name} is not ours any more`, "nothing was removed");
    // govc looks for names as well as for references.
    if (before.some(({ name }) => name === copy.id))
      throw new RefusedError(
        `a snapshot of ${machine.name} is called ${copy.id}, which is the reference of another one`,
        "give it another name; nothing was removed",
      );
    const stay = kept.filter(({ good, id }) => good && before.some((other) => other.id === id));
    if (copy.good && stay.length === 0)
      throw new RefusedError(
        `${copy.name} is the last good snapshot of ${machine.name}: the others vanished while this job ran`,
        "look in vCenter for who removed them; nothing was removed",
      );
    await vcenter.removeSnapshot(machine.reference, copy.id);
    const after = new Set((await snapshotsNow(vcenter, machine)).map(({ id }) => id));
    if (after.has(copy.id))
      throw new RefusedError(
        `${copy.name} of ${machine.name} is still there`,
        "look at the VM's tasks in vCenter",
      );
    const lost = before.filter(({ id }) => id !== copy.id && !after.has(id));
    // A backup product that has done its work removes its own.
    if (lost.length > 0)
      context.output.warn(`somebody else removed ${lost.map(({ name }) => name).join(", ")} meanwhile`);
    crashPoint("prune-removed");
  });
}

async function snapshotsNow(
  vcenter: Pick<VCenter, "machine">,
  { reference, name }: Pick<VirtualMachine, "reference" | "name">,
): Promise<VirtualMachine["snapshots"]> {
  const machine = await vcenter.machine(reference);
  if (machine === undefined) throw new RefusedError(`${name} is gone from vCenter`, "nothing was removed");
  return machine.snapshots;
}
