import type { HypervisorName } from "../hosts/topology.js";
import type { Progress } from "../progress.js";
import { mustPgkeep } from "../run/host-command.js";
import type { VmwareLab } from "./running.js";

/** Runs `pgkeep` on an operations host. @returns its standard output */
export async function pgkeepOn(
  running: VmwareLab,
  host: HypervisorName,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<string> {
  return await mustPgkeep(running.lab, host, args, { env, onLine: (line) => progress(`  ${line}`) });
}
