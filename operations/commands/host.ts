import type { Command } from "commander";
import type { HostBundle } from "../../components/recovery/index.js";
import type { GlobalOptions } from "../context.js";
import { EXIT, OperationError, UsageError, type ExitCode } from "../errors.js";
import { applyHostBundle, removeHost, type HostChanges } from "../host/apply.js";
import { hostSystem } from "../host/system.js";
import { output } from "../output.js";
import { guarded } from "./run.js";

export function register(program: Command): void {
  const host = program
    .command("host")
    .description("Brings this hypervisor to what the environment declares.");
  host
    .command("apply")
    .description("Places plan, keys, timers, fencing and rules of access from the bundle on standard input.")
    .option("--root <directory>", "act below this directory and touch neither accounts nor units", "/")
    .action(guarded(apply));
  host
    .command("remove")
    .description("Takes away what apply has made; evidence, backups and replicas stay.")
    .requiredOption("--environment <name>", "environment that this hypervisor belongs to")
    .option("--root <directory>", "act below this directory", "/")
    .action(guarded(remove));
}

async function apply(global: GlobalOptions, { root }: { readonly root: string }): Promise<ExitCode> {
  const bundle = await readBundle();
  if (global.dryRun) throw new UsageError("host apply has no --dry-run", "pulumi preview shows what changes");
  return finish(global, await applyHostBundle(hostSystem(root), bundle));
}

async function remove(
  global: GlobalOptions,
  { root, environment }: { readonly root: string; readonly environment: string },
): Promise<ExitCode> {
  if (global.dryRun)
    throw new UsageError("host remove has no --dry-run", "pulumi preview shows what changes");
  return finish(global, await removeHost(hostSystem(root), environment));
}

function finish({ json }: GlobalOptions, changes: HostChanges): ExitCode {
  const out = output(json);
  for (const note of changes.notes) out.warn(note);
  const lines = [
    ...changes.changed.map((what) => `changed ${what}`),
    ...changes.removed.map((what) => `removed ${what}`),
  ];
  out.result({ ok: true, ...changes }, lines.join("\n"));
  return EXIT.ok;
}

async function readBundle(): Promise<HostBundle> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  let bundle: unknown;
  try {
    bundle = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    // Never the parser's message: it repeats what it read.
    throw new OperationError(
      "standard input is not a bundle",
      "the HostAgent component gives it",
      EXIT.usage,
    );
  }
  if (
    typeof bundle !== "object" ||
    bundle === null ||
    !("format" in bundle) ||
    bundle.format !== "pgkeep/host-bundle/1"
  )
    throw new OperationError(
      "standard input is no pgkeep/host-bundle/1",
      "the same pgkeep version on both sides",
      EXIT.usage,
    );
  return bundle as HostBundle;
}
