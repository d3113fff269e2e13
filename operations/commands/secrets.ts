import { chmodSync, openSync, readFileSync, writeSync, closeSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import { secretsSchema, type Environment, type Secrets } from "../../components/declaration/index.js";
import { parseNow, type GlobalOptions } from "../context.js";
import { readEnvironment } from "../declaration-file.js";
import { EXIT, OperationError, UsageError, type ExitCode } from "../errors.js";
import { output } from "../output.js";
import { setStackSecrets } from "../secrets/stack.js";
import { guarded } from "./run.js";

interface Options {
  readonly out?: string;
  readonly stack?: string;
  readonly stdout: boolean;
  readonly renew?: string;
  readonly objectStore?: string;
  readonly newAuthority: boolean;
}

export function register(program: Command): void {
  program
    .command("secrets")
    .description("Makes the secrets of an environment.")
    .command("init")
    .description(
      "Makes authority, certificates, passwords, passphrase and keys, and hands them to exactly one place: a new file, the stack's encrypted configuration, or standard output.",
    )
    .argument("<file>", "Pulumi.<stack>.yaml, or a file that holds the environment alone")
    .option("--out <file>", "new file, readable by its owner only")
    .option("--stack <name>", "store with `pulumi config set --secret pgkeep:secrets` on this stack")
    .option("--stdout", "print them", false)
    .option(
      "--renew <file>",
      "keep authority, passwords, passphrase and keys of this set; certificates become new",
    )
    .option(
      "--object-store <file>",
      'with kubernetes.archive: JSON with the key that the store\'s owner gave out, {"accessKey": …, "secretKey": …}',
    )
    .option(
      "--new-authority",
      "with --renew: a new authority beside the old one, certificates stay; renew again to use it",
      false,
    )
    .action(guarded(init));
}

async function init(global: GlobalOptions, options: Options, file: string): Promise<ExitCode> {
  const out = output(global.json);
  const chosen = [options.out, options.stack, options.stdout ? "-" : undefined].filter(
    (place) => place !== undefined,
  );
  if (chosen.length !== 1)
    throw new UsageError(
      "the secrets need exactly one destination",
      "one of --out FILE, --stack NAME and --stdout",
    );
  if (options.newAuthority && options.renew === undefined)
    throw new UsageError("--new-authority needs the set whose authority it follows", "--renew FILE too");
  const environment = readEnvironment(file);
  const before = options.renew === undefined ? undefined : readPrevious(options.renew);
  const objectStore = options.objectStore === undefined ? undefined : readStoreKey(options.objectStore);
  const previous = objectStore === undefined ? before : { ...before, objectStore };
  out.step(`secrets of ${environment.name}`);
  const now = parseNow(global.now) ?? new Date();
  // Only here: what makes certificates and keys takes longer to load than most commands to run.
  const { createSecrets } = await import("../secrets/index.js");
  const secrets = await createSecrets(environment, previous, now, options.newAuthority);
  const text = `${JSON.stringify(secrets, undefined, 2)}\n`;
  if (global.dryRun) {
    out.result({ ok: true, dryRun: true }, "secrets were made and thrown away");
    return EXIT.ok;
  }
  if (options.stdout) process.stdout.write(text);
  else if (options.out !== undefined) writeNew(options.out, text);
  else if (options.stack !== undefined) await setStackSecrets(options.stack, text);
  if (!options.stdout) out.result({ ok: true, environment: environment.name }, done(environment, options));
  return EXIT.ok;
}

function done({ name, kubernetes }: Environment, { out, stack }: Options): string {
  const where =
    out === undefined
      ? `stack ${stack} (encrypted)`
      : `${out}: store it with pulumi config set --secret pgkeep:secrets < ${basename(out)}, then remove it`;
  return `secrets of ${name} are in ${where}\nkeep a copy of repositoryPassphrase outside the protected sites${kubernetes?.velero === undefined ? "" : ", and one of veleroPassword"}`;
}

function readPrevious(file: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Partial<Secrets>;
  } catch {
    // Never the parser's message: it repeats what it read.
    throw new UsageError(
      `${file} cannot be read as a set of secrets`,
      "a file that pgkeep secrets init has written",
    );
  }
}

/** The key of the object store; parsing judges its form, and shows it to nobody. */
function readStoreKey(file: string): Secrets["objectStore"] {
  try {
    return secretsSchema.shape.objectStore.unwrap().parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new UsageError(
      `${file} cannot be read as the key of an object store`,
      'a JSON file of the form {"accessKey": "…", "secretKey": "…"}',
    );
  }
}

function writeNew(file: string, text: string): void {
  let handle: number;
  try {
    handle = openSync(file, "wx", 0o600);
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw new OperationError(
      exists ? `${file} exists and is not overwritten` : `${file} cannot be written`,
      exists ? "another name, or remove it first" : "a directory that exists",
      EXIT.refused,
    );
  }
  try {
    chmodSync(file, 0o600);
    writeSync(handle, text);
  } finally {
    closeSync(handle);
  }
}
