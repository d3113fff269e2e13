import type { Lab } from "../hosts/lab.js";
import type { HypervisorName } from "../hosts/topology.js";
import type { Outcome } from "../subprocess.js";

export interface HostCommandOptions {
  /** Receives each line of progress. */
  readonly onLine?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** Milliseconds. @default 30 minutes */
  readonly timeoutMs?: number;
}

/** Runs `pgkeep` on a hypervisor, as its systemd timers do there. */
export async function pgkeep(
  lab: Lab,
  host: HypervisorName,
  args: readonly string[],
  options: HostCommandOptions = {},
): Promise<Outcome> {
  const { onLine, env, stdin, timeoutMs = 30 * 60_000 } = options;
  return await lab.execIn(host, ["pgkeep", ...args], {
    timeoutMs,
    ...(onLine === undefined ? {} : { onStderrLine: onLine }),
    ...(env === undefined ? {} : { env }),
    ...(stdin === undefined ? {} : { stdin }),
  });
}

/** The same; a failure is an error with the end of what the command said. @returns its standard output */
export async function mustPgkeep(
  lab: Lab,
  host: HypervisorName,
  args: readonly string[],
  options: HostCommandOptions = {},
): Promise<string> {
  const outcome = await pgkeep(lab, host, args, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`pgkeep ${args.join(" ")} on ${host} ended with code ${outcome.code}:\n${said}`);
}
