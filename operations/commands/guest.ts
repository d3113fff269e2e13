import type { Command } from "commander";
import { applyBundle, readBundle, type Applied } from "../jobs/guest-apply.js";
import { growDisks } from "../jobs/guest-disks.js";
import { EXIT, UsageError, type ExitCode } from "../errors.js";
import type { Context, GlobalOptions } from "../context.js";
import { guarded, run } from "./run.js";
import { localAgent } from "./local-agent.js";

export function register(program: Command): void {
  const guest = program.command("guest").description("Acts in a guest through its agent.");
  guest
    .command("apply")
    .description(
      "Grows the guest's disks to their declared sizes and gives the bundle on standard input to pgkeep-apply in the guest; prints which files changed.",
    )
    .requiredOption("--domain <name>", "libvirt domain on this machine")
    .option("--wait <seconds>", "longest wait for the agent and for cloud-init", seconds, 900)
    .action(guarded(apply));
  guest
    .command("exec")
    .description("Runs a program as root in the guest and prints what it prints.")
    .argument("<domain>", "guest of the plan, or domain with --host")
    .argument("<program...>", "program and its arguments, after --")
    .option("--host <name>", "hypervisor of the domain")
    .option("--timeout <seconds>", "longest run", seconds, 60)
    .option("--stdin", "pass standard input on", false)
    .action(run(exec));
}

async function apply(
  global: GlobalOptions,
  { domain, wait }: { readonly domain: string; readonly wait: number },
): Promise<ExitCode> {
  const { agent, hypervisor, clock, out } = localAgent(domain, global.json);
  const { dryRun } = global;
  const bundle = await readInput();
  await growDisks(hypervisor, domain, readBundle(bundle).disks, { out, dryRun });
  const result = await applyBundle(agent, clock, out, { bundle, wait, dryRun });
  out.result({ ok: true, domain, ...result }, describeApplied(result));
  return EXIT.ok;
}

function describeApplied(applied: Applied): string {
  const words = ["changed", "started", "restarted", "reloaded", "stopped", "waiting"] as const;
  const lines = words.flatMap((word) =>
    applied[word].map((name) => (word === "waiting" ? `${name} waits for other guests` : `${word} ${name}`)),
  );
  const { pendingRestart } = applied.reconciled ?? {};
  if (pendingRestart === true) lines.push("some settings take effect only after a restart of PostgreSQL");
  return lines.join("\n") || "nothing changed";
}

async function exec(
  context: Context,
  options: { readonly host?: string; readonly timeout: number; readonly stdin: boolean },
  domain: string,
  argv: string[],
): Promise<ExitCode> {
  if (context.dryRun) {
    context.output.result(
      { ok: true, dryRun: true, domain, argv },
      `would run in ${domain}: ${argv.join(" ")}`,
    );
    return EXIT.ok;
  }
  const input = options.stdin ? { input: await readInput() } : {};
  const result = await context.agent(domain, options.host).run(argv, {
    timeout: options.timeout,
    ...input,
    accept: Array.from({ length: 256 }, (_, code) => code),
  });
  process.stderr.write(result.stderr);
  context.output.result({ ok: result.code === 0, ...result }, result.stdout.replace(/\n$/, ""));
  return result.code === 0 ? EXIT.ok : EXIT.failed;
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 86400)
    throw new UsageError(`"${text}" is not a number of seconds`, "a whole number from 1 to 86400");
  return value;
}
