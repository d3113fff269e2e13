import { once } from "node:events";
import { dirname } from "node:path";
import type { Command } from "commander";
import type { Context } from "../context.js";
import { EXIT, type ExitCode } from "../errors.js";
import { acksOf } from "../jobs/drill-failover/client-log.js";
import { CLIENT_FILES, startProbe } from "../jobs/drill-failover/clients.js";
import { run } from "./run.js";

export function register(program: Command): void {
  program
    .command("client")
    .description(
      "Writes rows to one member until its input ends; the failover drill starts it near that member.",
    )
    .argument("<member>", "member of the plan")
    .requiredOption("--name <name>", "name of the client in its rows")
    .requiredOption("--log <file>", "log of acknowledged rows: <name>.jsonl in a directory of the drill")
    .option("--passwords <file>", "passwords of the roles", CLIENT_FILES.passwords)
    .option("--authority <file>", "certificate of the environment's authority", CLIENT_FILES.authority)
    .action(run(write));
}

interface ClientFlags {
  readonly name: string;
  readonly log: string;
  readonly passwords: string;
  readonly authority: string;
}

async function write(
  context: Context,
  { name, log, passwords, authority }: ClientFlags,
  member: string,
): Promise<ExitCode> {
  const guest = context.guest(member);
  if (context.dryRun) {
    context.output.result({ ok: true, dryRun: true }, `would write rows to ${member} as ${name}`);
    return EXIT.ok;
  }
  const client = startProbe(context, { passwords, authority, logs: dirname(log) }, name, guest);
  process.stdin.resume();
  await Promise.race([once(process.stdin, "end"), once(process.stdin, "close"), once(process, "SIGTERM")]);
  await client.stop();
  const acknowledged = acksOf(client.events()).length;
  context.output.result({ ok: true, acknowledged }, `${acknowledged} rows acknowledged`);
  process.stdin.destroy();
  return EXIT.ok;
}
