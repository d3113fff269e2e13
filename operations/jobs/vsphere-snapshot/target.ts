import type { PlanGuest } from "../../../components/recovery/index.js";
import { govcVCenter } from "../../adapters/govc-vcenter.js";
import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import type { VCenter, VirtualMachine } from "../../ports/index.js";

/** A guest that is a VM in vCenter. */
export interface VmTarget {
  readonly guest: PlanGuest;
  /** Name of the vCenter Server. */
  readonly server: string;
  /** Inventory path of the VM. */
  readonly path: string;
}

/** The VM of a guest; undefined on a platform without vCenter. */
export function vmTarget(guest: PlanGuest): VmTarget | undefined {
  const { vm } = guest;
  return vm === undefined ? undefined : { guest, server: vm.vcenter, path: vm.path };
}

/** The vCenter of a VM, through govc on the operations host of its site. */
export function vcenterOf(context: Context, { guest, server }: VmTarget): VCenter {
  const { shell, declared } = context.host(guest.host);
  return govcVCenter(shell, { server, authorities: authorities(declared) });
}

/** File of the authorities that a host trusts for vCenter, where its declaration names one. */
function authorities(host: object): string | undefined {
  return "authorities" in host && typeof host.authorities === "string" ? host.authorities : undefined;
}

/** The VM as it is now. @throws OperationError when there is none */
export async function requireMachine(
  vcenter: VCenter,
  { path, guest }: Pick<VmTarget, "path" | "guest">,
): Promise<VirtualMachine> {
  const machine = await vcenter.machine(path);
  if (machine !== undefined) return machine;
  throw new OperationError(
    `vCenter ${vcenter.server} has no VM at ${path}`,
    `deploy ${guest.name}, or give the account the right to see it`,
  );
}
