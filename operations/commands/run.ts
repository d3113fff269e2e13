import type { Command } from "commander";
import { createContext, type Context, type GlobalOptions } from "../context.js";
import { EXIT, type ExitCode } from "../errors.js";
import { reportError } from "../output.js";

/**
 * Wraps what a command does: makes the context, turns errors into one clear message, and sets the exit code.
 * Use it as `.action(run((context, options, name: string) => …))`; command arguments come after the options.
 */
export function run<Options extends object, Arguments extends unknown[]>(
  job: (context: Context, options: Options, ...args: Arguments) => Promise<ExitCode | undefined>,
): (...values: unknown[]) => Promise<void> {
  return guarded(async (global, options: Options, ...args: Arguments) =>
    job(await createContext(global), options, ...args),
  );
}

/** The same for a command that needs no plan. */
export function guarded<Options extends object, Arguments extends unknown[]>(
  job: (global: GlobalOptions, options: Options, ...args: Arguments) => Promise<ExitCode | undefined>,
): (...values: unknown[]) => Promise<void> {
  return async (...values) => {
    // Commander calls an action with its arguments, its options and itself.
    const command = values.at(-1) as Command;
    const options = values.at(-2) as Options;
    const args = values.slice(0, -2) as Arguments;
    const global = command.optsWithGlobals<GlobalOptions>();
    try {
      process.exitCode = (await job(global, options, ...args)) ?? EXIT.ok;
    } catch (error) {
      process.exitCode = reportError(error, global.json);
    }
  };
}
