import { TYPES } from "./facts.js";
import type { Subject } from "./rule.js";

/** True for a virtual machine, whatever the platform. */
export function isMachine({ type }: Subject): boolean {
  return type === TYPES.domain || type === TYPES.vm;
}

/**
 * What a machine falls with: for libvirt the connection, which is one hypervisor; for vSphere the vCenter and the resource
 * pool, which belongs to one cluster. Equal texts mean the same place. @throws NotKnownYet
 */
export function placeOf({ type, provider = "", inputs }: Subject): string {
  return type === TYPES.vm ? `${provider} ${inputs.text("resourcePoolId") ?? ""}` : provider;
}
