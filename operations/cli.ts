#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { commands } from "./commands/index.js";
import { DEFAULTS } from "./context.js";
import { EXIT, type ExitCode } from "./errors.js";
import { errorDocument, reportError } from "./output.js";

/** The `pgkeep` command with all its subcommands. */
export function program(): Command {
  const root = new Command("pgkeep")
    .description("Carries out and proves the disaster recovery that an environment declares.")
    .option("--plan <file>", "recovery plan", DEFAULTS.plan)
    .option("--json", "one JSON document on standard output; progress stays on standard error", false)
    .option("--dry-run", "say what would be done and change nothing", false)
    .option("--now <moment>", "judge ages and schedules by this moment (ISO 8601)")
    .option("--ssh-key <file>", "private key for other hypervisors", DEFAULTS.sshKey)
    .option("--known-hosts <file>", "public keys of the hypervisors", DEFAULTS.knownHosts)
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused for safety.",
    )
    .exitOverride()
    .showHelpAfterError(true);
  for (const register of commands) register(root);
  for (const command of root.commands) inherit(command);
  return root;
}

/** Global options may stand before or after a subcommand's name; errors of usage end alike everywhere. */
function inherit(command: Command): void {
  command.exitOverride().showHelpAfterError(true);
  for (const child of command.commands) inherit(child);
}

async function main(): Promise<void> {
  const separator = process.argv.indexOf("--");
  const json = process.argv.slice(2, separator < 0 ? undefined : separator).includes("--json");
  try {
    await program().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usage(error, json) : reportError(error, json);
  }
}

/** Commander has told people already what is wrong, or has printed the help that was asked for. */
function usage(error: CommanderError, json: boolean): ExitCode {
  if (error.exitCode === 0) return EXIT.ok;
  const message = error.code === "commander.help" ? "no command is given" : error.message;
  if (json) process.stdout.write(errorDocument(message.replace(/^error: /, ""), "--help", EXIT.usage));
  return EXIT.usage;
}

void main();
