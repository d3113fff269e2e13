import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { toolchainEnv } from "../toolchain/index.js";

/** On what the figures were measured. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** Memory in bytes. */
  readonly memory: number;
  /** Processes that wanted a processor in the five minutes before, on average. */
  readonly load: number;
  readonly system: string;
  readonly node: string;
  /** Version of the engine, where it was used. */
  readonly engine: string;
}

/** @param engine ask the engine for its version; needs the toolchain. */
export function machine(engine: boolean): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memory: totalmem(),
    load: loadavg()[1] ?? 0,
    system: `${distribution()}, Linux ${release()}`,
    node: process.version,
    engine: engine ? engineVersion() : "not used",
  };
}

function engineVersion(): string {
  const env = { ...process.env, ...toolchainEnv() };
  return execFileSync("pulumi", ["version"], { env, encoding: "utf8" }).trim();
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}
