import { resolve } from "node:path";
import { Command, Option } from "commander";
import { toolchainExports } from "./env.js";
import { ToolchainError } from "./errors.js";
import { install } from "./install.js";
import { cacheRoot } from "./paths.js";
import { endChildren } from "./processes.js";
import { platforms, type Platform } from "./versions.js";

const cacheOption = (): Option =>
  new Option("--cache <directory>", "root of the cache").default(
    undefined,
    "$PGKEEP_CACHE or ~/.cache/pgkeep",
  );

function program(): Command {
  const root = new Command("toolchain").description(
    "obtains the Pulumi engine and the plugins that pgkeep needs",
  );
  root
    .command("install")
    .description("take what is installed and fits, else download, else build from Go modules; then keep it")
    .addOption(
      new Option("--platform <platform>", "what the environment runs on")
        .choices(Object.keys(platforms))
        .makeOptionMandatory(),
    )
    .addOption(cacheOption())
    .action(async (options: { platform: Platform; cache?: string }) => {
      await install({ platform: options.platform, cache: resolve(options.cache ?? cacheRoot()) });
    });
  root
    .command("env")
    .description("print the shell lines that put the engine on PATH")
    .addOption(cacheOption())
    .action((options: { cache?: string }) => {
      process.stdout.write(`${toolchainExports(process.env, resolve(options.cache ?? cacheRoot()))}\n`);
    });
  return root;
}

async function main(): Promise<void> {
  for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const])
    process.once(signal, () => {
      endChildren(signal);
      process.exit(code);
    });
  try {
    await program().parseAsync();
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}

void main();
