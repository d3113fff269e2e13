import type { Host } from "../../components/declaration/index.js";
import {
  CommandError,
  HostUnreachableError,
  type Held,
  type RunOptions,
  type RunResult,
  type Shell,
} from "../ports/index.js";
import { quote } from "../quote.js";
import { holdProgram, runProgram, type Ended } from "./run-program.js";
import { controlPath, shareConnection } from "./ssh-master.js";

/** What SSH needs to reach any host of the plan. */
export interface SshAccess {
  /** Private key file. */
  readonly key: string;
  readonly knownHosts: string;
  readonly hosts: readonly Host[];
}

/** Seconds until a connection attempt is given up. */
const CONNECT_TIMEOUT = 10;

/** A shell on this machine. */
export function localShell(host: string, access: SshAccess): Shell {
  return {
    host,
    local: true,
    run: async (argv, options = {}) => finish(host, argv, options, await runProgram(argv, options)),
    hold: async (argv, timeout) => finishHold(host, argv, await holdProgram(argv, timeout)),
    sshTo: (target) => sshArguments(access, target),
  };
}

/** A shell on another host over SSH; every connection checks the host's key against the declaration. */
export function sshShell(host: string, access: SshAccess): Shell {
  return {
    host,
    local: false,
    run: async (argv, options = {}) => {
      const command = ["env", "LC_ALL=C", ...argv].map(quote).join(" ");
      // The connection may take its own time on top of the program's.
      const timeout = (options.timeout ?? 180) + CONNECT_TIMEOUT;
      await shareConnection(host, sshArguments(access, host), CONNECT_TIMEOUT);
      const ended = await runProgram([...sshArguments(access, host), command], {
        ...options,
        timeout,
        survive: false,
      });
      if (ended.code === 255) throw new HostUnreachableError(host, ended.stderr);
      return finish(host, argv, options, ended);
    },
    hold: async (argv, timeout) => {
      const command = argv.map(quote).join(" ");
      await shareConnection(host, sshArguments(access, host), CONNECT_TIMEOUT);
      const held = await holdProgram([...sshArguments(access, host), command], timeout + CONNECT_TIMEOUT);
      if ("code" in held && held.code === 255) throw new HostUnreachableError(host, held.stderr);
      return finishHold(host, argv, held);
    },
    sshTo: (target) => sshArguments(access, target),
  };
}

function sshArguments({ key, knownHosts, hosts }: SshAccess, name: string): readonly string[] {
  const host = hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new TypeError(`the plan has no host ${name}`);
  return [
    "ssh",
    "-i",
    key,
    ...[
      "IdentitiesOnly=yes",
      "BatchMode=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${knownHosts}`,
      `ControlPath=${controlPath(name)}`,
    ],
    ...["GlobalKnownHostsFile=/dev/null", `ConnectTimeout=${CONNECT_TIMEOUT}`],
    ...["ServerAliveInterval=5", "ServerAliveCountMax=6", "LogLevel=ERROR", `Port=${host.port}`],
    `${host.user}@${host.address}`,
  ].flatMap((argument, index) => (index > 2 && /^[A-Z]\w+=/.test(argument) ? ["-o", argument] : [argument]));
}

function finishHold(host: string, argv: readonly string[], held: Held | Ended): Held | undefined {
  if ("release" in held) return held;
  if (held.code === 75) return undefined;
  throw new CommandError(host, argv, held.code, held.stderr, held.reason);
}

function finish(host: string, argv: readonly string[], options: RunOptions, ended: Ended): RunResult {
  const { code, stdout, stderr } = ended;
  if (code === undefined || !(options.accept ?? [0]).includes(code))
    throw new CommandError(host, argv, code, stderr, ended.reason);
  return { code, stdout, stderr };
}
