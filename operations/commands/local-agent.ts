import { hostname } from "node:os";
import { systemClock } from "../adapters/clock.js";
import { virshGuestAgent } from "../adapters/guest-agent.js";
import { localShell } from "../adapters/shell.js";
import { virshHypervisor } from "../adapters/virsh.js";
import { output, type Output } from "../output.js";
import type { Clock, GuestAgent, Hypervisor } from "../ports/index.js";

/** The agent of a domain on this machine and its hypervisor: what can be had before a plan lies here. */
export function localAgent(
  domain: string,
  json: boolean,
): { agent: GuestAgent; hypervisor: Hypervisor; clock: Clock; out: Output } {
  const clock = systemClock();
  const shell = localShell(hostname(), { key: "", knownHosts: "", hosts: [] });
  return {
    agent: virshGuestAgent(shell, domain, clock),
    hypervisor: virshHypervisor(shell),
    clock,
    out: output(json),
  };
}
