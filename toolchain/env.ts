import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ToolchainError } from "./errors.js";
import { cachePaths, cacheRoot, type Environment } from "./paths.js";

/**
 * Environment in which the engine runs from the cache: it finds its programs and plugins there, and asks no
 * network for updates or plugins.
 *
 * @param env the environment to start from. @default `process.env`
 * @param cache root of the cache. @default `PGKEEP_CACHE` of `env`
 * @returns only the variables to set, `PATH` included.
 * @throws ToolchainError when the engine has not been installed.
 */
export function toolchainEnv(
  env: Environment = process.env,
  cache: string = cacheRoot(env),
): Record<string, string> {
  const paths = cachePaths(cache);
  if (!existsSync(join(paths.engineBin, "pulumi")))
    throw new ToolchainError(
      `there is no engine in ${paths.engine}`,
      "install it with `node dist/toolchain/cli.js install --platform kvm`",
    );
  const rest = (env["PATH"] ?? "").split(delimiter).filter((name) => name !== paths.engineBin);
  return {
    PATH: [paths.engineBin, ...rest].join(delimiter),
    PGKEEP_CACHE: paths.root,
    PULUMI_HOME: paths.home,
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
}

/** The same as lines that a POSIX shell reads with `eval`. */
export function toolchainExports(env: Environment = process.env, cache: string = cacheRoot(env)): string {
  const { PATH, ...others } = toolchainEnv(env, cache);
  const quote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
  const bin = PATH?.split(delimiter)[0] ?? "";
  const lines = Object.entries(others).map(([name, value]) => `export ${name}=${quote(value)}`);
  return [`export PATH=${quote(bin)}${delimiter}"$PATH"`, ...lines].join("\n");
}
