import type { Command } from "commander";
import { createContext, type Context, type GlobalOptions } from "../context.js";
import { EXIT, type ExitCode } from "../errors.js";
import { listCycles, newestChain, replicaPlace, replicatedGuests } from "../jobs/replica-store.js";
import { startReplica, stopReplica } from "../jobs/replica-domain.js";
import { forecastReplicate, replicate, REPLICATE_STEPS } from "../jobs/replicate.js";
import { output } from "../output.js";
import { each } from "./each.js";
import { guarded, run } from "./run.js";
import { age, bytes, table } from "./text.js";

export function register(program: Command): void {
  const command = program
    .command("replicate")
    .description(
      "Brings a guest's disks at one instant to the other site; after the first time only what changed.",
    )
    .argument("[guest]", "guest of the plan; all that are replicated when left out")
    .option("--steps", "name the steps and end", false)
    .action(guarded(replicateOrSteps));
  command
    .command("list")
    .description("Lists what lies on the target.")
    .argument("[guest]", "guest of the plan; all that are replicated when left out")
    .action(run(list));
  command
    .command("start")
    .description("Starts a copy of the newest replica on the target, with its network cables pulled.")
    .argument("<guest>", "guest of the plan")
    .requiredOption("--as <name>", "name of the domain")
    .action(run(start));
  command
    .command("stop")
    .description("Ends a copy that was started and forgets what it wrote.")
    .argument("<guest>", "guest of the plan")
    .requiredOption("--as <name>", "name of the domain")
    .action(run(stop));
}

async function replicateOrSteps(
  global: GlobalOptions,
  options: { readonly steps: boolean },
  name?: string,
): Promise<ExitCode> {
  if (options.steps) {
    output(global.json).result(REPLICATE_STEPS, REPLICATE_STEPS.join("\n"));
    return EXIT.ok;
  }
  const context = await createContext(global);
  const guests = replicatedGuests(context);
  if (context.dryRun) {
    const text = (found: Awaited<ReturnType<typeof forecastReplicate>>): string =>
      `${found.guest}: would send ${found.kind === "full" ? `everything (${found.reason ?? ""})` : "what changed"} to ${found.target}, at most ${bytes(found.bytes)}`;
    return each(context, name, (guest) => forecastReplicate(context, guest), text, guests);
  }
  return each(
    context,
    name,
    (guest) => replicate(context, guest),
    ({ guest, target, cycle, sent }) =>
      `${guest}: ${cycle.kind} copy of ${cycle.moment} on ${target}, ${bytes(sent)} sent`,
    guests,
  );
}

async function list(context: Context, _options: object, name?: string): Promise<undefined> {
  const found = [];
  for (const guest of name === undefined ? replicatedGuests(context) : [context.guest(name)]) {
    const place = replicaPlace(context, guest);
    const cycles = await listCycles(place.host, place.directory);
    const chain = newestChain(cycles);
    for (const cycle of cycles)
      found.push({ guest: guest.name, host: place.host.name, ...cycle, usable: chain.includes(cycle) });
  }
  const now = context.clock.now().getTime();
  const rows = found.map(({ guest, host, name: cycle, time, manifest, usable }) => [
    guest,
    host,
    cycle,
    age(now - time),
    manifest?.kind ?? "",
    bytes(manifest?.disks.reduce((sum, { size }) => sum + size, 0) ?? 0),
    usable ? "usable" : "NOT USABLE",
  ]);
  const text = table(["guest", "host", "copy", "age", "kind", "size", "state"], rows);
  context.output.result({ ok: true, replicas: found }, text);
  return undefined;
}

async function start(context: Context, { as }: { readonly as: string }, name: string): Promise<undefined> {
  const guest = context.guest(name);
  if (context.dryRun) context.output.result({ ok: true }, `would start ${as}`);
  else {
    const domain = await startReplica(context, guest, { as });
    context.output.result(
      { ok: true, ...domain },
      `${as} runs on ${domain.host} from ${domain.moment}, isolated`,
    );
  }
  return undefined;
}

async function stop(context: Context, { as }: { readonly as: string }, name: string): Promise<undefined> {
  if (!context.dryRun) await stopReplica(context, context.guest(name), as);
  context.output.result({ ok: true, removed: as }, `${context.dryRun ? "would end" : "ended"} ${as}`);
  return undefined;
}
