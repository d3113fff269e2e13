import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { systemClock } from "../../../operations/adapters/clock.js";
import { guestDatabase } from "../../../operations/adapters/database.js";
import type { Context, Host } from "../../../operations/context.js";
import type { Output } from "../../../operations/output.js";
import { kvmEnvironment } from "../../fixtures/environment.js";
import type { NativeCluster } from "./cluster.js";

/** Keeps every line, and prints them when PGKEEP_DEBUG=1. */
export function quietOutput(lines: string[]): Output {
  const keep = (text: string): void => {
    lines.push(text);
    if (process.env["PGKEEP_DEBUG"] === "1") console.error(`      ${text}`);
  };
  const progress = (text: string): void => {
    if (process.env["PGKEEP_DEBUG"] === "1") console.error(`      ${text}`);
  };
  return { step: keep, info: keep, warn: keep, progress, result: (_, text) => keep(text) };
}

/** A hypervisor on which every lock is free, and that runs commands as told. */
export function unlocked(
  name: string,
  run: (argv: readonly string[]) => unknown = () => Promise.reject(new Error(`${name} runs nothing`)),
): Partial<Host> {
  const files = { makeDirectory: () => Promise.resolve(), read: () => Promise.resolve(undefined) };
  const hold = (): Promise<unknown> => Promise.resolve({ release: () => Promise.resolve() });
  return { name, files, shell: { host: name, run, hold } } as unknown as Host;
}

/** A context whose first member and repository are one native machine; everything else is as on a hypervisor. */
export function nativeContext(cluster: NativeCluster, archiveTimeout: number, lines: string[] = []): Context {
  const input = kvmEnvironment();
  const plan = recoveryPlan(
    parseEnvironment({
      ...input,
      cluster: { ...input.cluster, version: cluster.major === 17 ? "17.11" : "18.6" },
      backup: { ...input.backup, wal: { archiveTimeout: `${archiveTimeout} s` } },
    }),
  );
  const unavailable = (): never => {
    throw new Error("the plan has no such guest");
  };
  return {
    plan,
    clock: systemClock(),
    output: quietOutput(lines),
    dryRun: false,
    host: (name) => unlocked(name) as Host,
    guest: (name) => {
      const guest = plan.guests.find((candidate) => candidate.name === name);
      return guest ?? unavailable();
    },
    agent: () => cluster.machine,
    // The second member of the plan is away, as after the loss of its site.
    database: (name) =>
      name === "pg-a1"
        ? guestDatabase(cluster.machine, "postgres")
        : { query: () => Promise.reject(new Error(`${name} is off`)) },
  };
}
