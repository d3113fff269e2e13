/** How the engine and its plugins are obtained, and the environment to run them in. */
export { toolchainEnv } from "./env.js";
export { ToolchainError } from "./errors.js";
export {
  install,
  installGeneratedFiles,
  installModuleFiles,
  installPrograms,
  installPython,
  type InstallOptions,
} from "./install.js";
export { cachePaths, cacheRoot, programDirectory } from "./paths.js";
export { Progress } from "./progress.js";
export * as versions from "./versions.js";
export * as manifestCheckers from "./manifest-checkers.js";
