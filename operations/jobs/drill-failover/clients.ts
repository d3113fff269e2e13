import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { PORTS } from "../../../components/postgres/layout.js";
import { redirectName } from "../../../components/postgres/redirect.js";
import { HOST_PATHS, type PlanGuest } from "../../../components/recovery/index.js";
import { dnsLookup, startWritingClient, type WritingClientOptions } from "../../adapters/writing-client.js";
import type { Context } from "../../context.js";
import { messageOf, OperationError, UsageError } from "../../errors.js";
import type { WritingClient } from "../../ports/index.js";
import { canaryDatabase, canaryRole } from "../recovery/canary.js";
import { readClientLog } from "./client-log.js";

/** Where clients find what they need; by default as the component installs it on the witness's hypervisor. */
export interface ClientFiles {
  /** JSON object, role to password. @default HOST_PATHS.passwords */
  readonly passwords: string;
  /** @default HOST_PATHS.authority */
  readonly authority: string;
  /** Directory for the logs of acknowledgements. @default <HOST_PATHS.state>/drills */
  readonly logs: string;
}

export const CLIENT_FILES: ClientFiles = {
  passwords: HOST_PATHS.passwords,
  authority: HOST_PATHS.authority,
  logs: `${HOST_PATHS.state}/drills`,
};

/** Milliseconds between two rows. */
const PACE = { main: 50, probe: 100 } as const;

/** A client that follows the declared redirect, as applications do. */
export function startMainClient(context: Context, files: ClientFiles, name: string): WritingClient {
  const { redirect } = context.plan.environment.failover;
  const record = redirectName(context.plan);
  return startWritingClient({
    ...common(context, files, name),
    pace: PACE.main,
    ...(redirect.kind === "dns" && record !== undefined
      ? { resolve: dnsLookup(redirect.server, redirect.port, record), serverName: record }
      : { resolve: () => Promise.resolve(redirect.kind === "vip" ? redirect.address : "") }),
  });
}

/** A client that writes to one member's own address all the time, whoever is primary. */
export function startProbe(
  context: Context,
  files: ClientFiles,
  name: string,
  guest: PlanGuest,
  pace: number = PACE.probe,
): WritingClient {
  const address = guest.addresses.client;
  return startWritingClient({
    ...common(context, files, name),
    pace,
    resolve: () => Promise.resolve(address),
  });
}

/**
 * The same in a process of its own, started by a command that puts it near the member: a cut between the sites must not cut
 * the probe from its member. The command gets `client …` as further arguments.
 */
export function startProbeProcess(
  command: string,
  files: ClientFiles,
  name: string,
  guest: PlanGuest,
): WritingClient {
  const log = logFile(files, name);
  const script = `exec ${command} client ${guest.name} --name "$1" --log "$2" --passwords "$3" --authority "$4"`;
  const child = spawn("sh", ["-c", script, "sh", name, log, files.passwords, files.authority], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    client: name,
    log,
    events() {
      try {
        return readClientLog(log);
      } catch {
        return [];
      }
    },
    async stop() {
      // It ends when its input closes, so it ends with this process, too.
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await ended;
      clearTimeout(late);
    },
  };
}

function logFile(files: ClientFiles, name: string): string {
  mkdirSync(files.logs, { recursive: true, mode: 0o700 });
  return join(files.logs, `${name}.jsonl`);
}

function common(
  context: Context,
  files: ClientFiles,
  name: string,
): Omit<WritingClientOptions, "resolve" | "pace"> {
  const user = canaryRole(context.plan.environment);
  if (user === undefined)
    throw new UsageError(
      "no role of kind app may use the first database",
      "declare one: the drill writes as an application does",
    );
  return {
    client: name,
    log: logFile(files, name),
    port: PORTS.postgres,
    database: canaryDatabase(context.plan.environment),
    user,
    password: passwordOf(files.passwords, user),
    authority: readText(files.authority),
  };
}

function passwordOf(path: string, user: string): string {
  let known: Record<string, string>;
  try {
    known = z.record(z.string(), z.string()).parse(JSON.parse(readText(path)));
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw new OperationError(`${path} is not an object of roles and passwords`);
  }
  const password = known[user];
  if (password === undefined)
    throw new OperationError(`${path} has no password for ${user}`, "`pulumi up` writes it anew");
  return password;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OperationError(
      `${path} cannot be read: ${messageOf(error)}`,
      "the drill runs on the witness's hypervisor",
    );
  }
}
