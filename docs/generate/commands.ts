import { Command, type Option } from "commander";
import { commands } from "../../operations/commands/index.js";

const INTRODUCTION = `# The command pgkeep

Written by \`npm run docs\` from the command itself; a test fails when it is not up to date. How the jobs behave stands in
[operations.md](operations.md).

Global options: \`--plan <file>\` (recovery plan, an output of the stack; on a hypervisor it is in place), \`--json\` (one document on
standard output, progress on standard error), \`--dry-run\` (say what would be done and change nothing), \`--now <moment>\` (judge
ages and schedules by this moment), \`--ssh-key <file>\` and \`--known-hosts <file>\` (for other hypervisors).

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused for safety.`;

/** The page in Markdown. */
export function commandsPage(): string {
  const root = new Command("pgkeep");
  for (const register of commands) {
    register(root);
  }
  const sections = root.commands.flatMap((command) => describe(command, "pgkeep"));
  return `${[INTRODUCTION, "<!-- prettier-ignore-start -->", ...sections, "<!-- prettier-ignore-end -->"].join("\n\n")}\n`;
}

/** A command and those below it. */
function describe(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  const words = command.registeredArguments.map((argument) => {
    const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${word}>` : `[${word}]`;
  });
  const lines = [
    `## \`${[name, ...words].join(" ")}\``,
    command.description(),
    [
      ...command.registeredArguments.map(
        (argument) => `- \`${argument.name()}\`: ${text(argument.description)}`,
      ),
      ...command.options.map(option),
    ].join("\n"),
  ];
  return [
    ...lines.filter((line) => line !== ""),
    ...command.commands.flatMap((below) => describe(below, name)),
  ];
}

function option({ flags, description, defaultValue, negate, mandatory }: Option): string {
  const value: unknown = defaultValue;
  const shown =
    mandatory ||
    negate ||
    value === undefined ||
    value === false ||
    (Array.isArray(value) && value.length === 0);
  return `- \`${flags}\`${mandatory ? " (required)" : ""}: ${text(description)}${shown ? "" : `; default \`${String(value)}\``}`;
}

function text(description: string): string {
  return description.replaceAll("<", "\\<");
}
