import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import { parse } from "yaml";
import {
  dayOf,
  DeclarationError,
  parseEnvironment,
  type Environment,
} from "../../components/declaration/index.js";
import type { Preview } from "../../preview/index.js";
import { compareWithBase, type Base } from "../access/base.js";
import { parseNow, type GlobalOptions } from "../context.js";
import { readStackFile } from "../declaration-file.js";
import { EXIT, UsageError, type ExitCode } from "../errors.js";
import { output } from "../output.js";
import { configuredBy } from "../policy/configuration.js";
import { guarded } from "./run.js";

interface Options {
  readonly stack?: string;
  readonly policyPackConfig?: string;
  readonly base?: string;
  readonly baseRef?: string;
  readonly out?: string;
}

export function register(program: Command): void {
  program
    .command("preview")
    .description(
      "Declares an environment without credentials or network, judges it by the policy pack, and writes one comment for a change's reviewers. Exit code 1 when something blocks.",
    )
    .argument("<file>", "a Pulumi.<stack>.yaml; its secrets stay encrypted")
    .option("--stack <name>", "name of the stack (default: from the file's name)")
    .option("--policy-pack-config <file>", "levels and exemptions, as pulumi preview takes them")
    .option("--base <file>", "the Pulumi.<stack>.yaml before the change, for what it opens and closes")
    .option("--base-ref <commit>", "the same, as it stands in a commit")
    .option("--out <file>", "write the comment there, in Markdown, instead of to standard output")
    .action(guarded(preview));
}

async function preview(global: GlobalOptions, options: Options, file: string): Promise<ExitCode> {
  const target = { project: projectOf(file), stack: options.stack ?? stackOf(file) };
  const base = baseOf(options);
  const now = parseNow(global.now) ?? new Date();
  const { environment: written, config } = readStackFile(file);
  const configured = configuredBy(options.policyPackConfig);
  let environment: Environment;
  try {
    environment = parseEnvironment(written, dayOf(now));
  } catch (error) {
    return refuse(error, global, options, file, target);
  }
  const access = base && compareWithBase(base, file, environment);
  const { comment, previewEnvironment } = await room();
  try {
    const made = await previewEnvironment({
      ...target,
      ...{ environment, config, configured, now, access },
      notes: access?.note === undefined ? [] : [access.note],
    });
    give(global, options, document(made), comment(made));
    return made.ok ? EXIT.ok : EXIT.failed;
  } catch (error) {
    return refuse(error, global, options, file, target);
  }
}

/** Pulumi takes longer to load than most commands to run, so this is done by no other one, and late. */
function room(): Promise<typeof import("../../preview/index.js")> {
  return import("../../preview/index.js");
}

/** A declaration that is refused has its comment as well. @throws everything else */
async function refuse(
  error: unknown,
  global: GlobalOptions,
  options: Options,
  file: string,
  target: Pick<Preview, "project" | "stack">,
): Promise<ExitCode> {
  if (!(error instanceof DeclarationError)) throw error;
  const { problems, message } = error;
  const { refusal } = await room();
  const refused = { ok: false, ...target, error: message, problems, exitCode: EXIT.usage };
  give(global, options, refused, refusal(target, error));
  process.stderr.write(`error: ${file}: ${message}\n`);
  return EXIT.usage;
}

/** The comment where it was asked for, and the document of `--json`. */
function give(global: GlobalOptions, options: Options, document: object, comment: string): void {
  if (options.out !== undefined && !global.dryRun) writeFileSync(options.out, comment);
  output(global.json).result(document, options.out === undefined ? comment.trimEnd() : "");
}

/** What `--json` prints: everything of the comment, and nothing of the resources' inputs. */
function document(made: Preview): object {
  const { resources, ...rest } = made;
  return {
    ...rest,
    resources: resources.map(({ type, name, urn, parent, provider, custom, protect }) => ({
      ...{ type, name, urn, parent, provider, custom, protect },
    })),
  };
}

function stackOf(file: string): string {
  const name = /^Pulumi\.(.+)\.ya?ml$/.exec(basename(file))?.[1];
  if (name === undefined)
    throw new UsageError(`${file}: its name is not Pulumi.<stack>.yaml`, "--stack with the stack's name");
  return name;
}

/** Name of the project whose file lies beside the stack's. */
function projectOf(file: string): string {
  const path = join(dirname(file), "Pulumi.yaml");
  if (!existsSync(path)) return "pgkeep";
  const document = parse(readFileSync(path, "utf8")) as { name?: unknown } | null;
  if (typeof document?.name === "string") return document.name;
  throw new UsageError(`${path} names no project`, "name: and the project's name");
}

function baseOf({ base, baseRef }: Options): Base | undefined {
  if (base !== undefined && baseRef !== undefined)
    throw new UsageError("--base and --base-ref are both given", "one of them");
  if (base !== undefined) return { file: base };
  return baseRef === undefined ? undefined : { ref: baseRef };
}
