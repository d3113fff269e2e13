import type { Context } from "../../context.js";
import { RefusedError } from "../../errors.js";
import type { EvidenceRecord } from "../../evidence/index.js";
import { failbackSteps } from "../failback.js";
import { ensureSchema } from "../recovery/canary.js";
import { computedFor, writeEvidence } from "../recovery/evidence.js";
import { settled } from "../recovery/health.js";
import { judge } from "../recovery/judge.js";
import { Recorder } from "../recovery/recorder.js";
import { acksOf } from "./client-log.js";
import { startMainClient, startProbe, startProbeProcess } from "./clients.js";
import { killMachine, runCommand } from "./loss-of-primary.js";
import { neverTwo, observe } from "./observe.js";
import { revive } from "./revive.js";
import { lastFailure, until, type FailoverDrillOptions, type Run } from "./run.js";

export type { FailoverDrillOptions } from "./run.js";

/** Loses the primary without warning while a client writes, and measures what that costs: F1 to F10. */
export async function failoverDrill(
  context: Context,
  options: FailoverDrillOptions,
): Promise<EvidenceRecord | undefined> {
  // A moment of weakness of a busy guest is no reason to refuse; something that stays is.
  const before = await settled(context);
  const { primary } = before;
  if (primary === undefined || before.problems.length > 0)
    throw new RefusedError(
      `the cluster is not healthy, so the drill would be no drill: ${before.problems.join("; ")}`,
      "`pgkeep failback` brings members back; `pgkeep status` shows them",
    );
  const old = context.guest(primary.name);
  if (context.dryRun) {
    const how = options.loss.kind === "kill" ? "kill" : "cut off";
    context.output.info(`would ${how} ${old.name} on ${old.host} while a client writes`);
    return undefined;
  }
  const recorder = new Recorder(context.output, context.clock);
  const name = `drill-${recorder.started.toISOString().replaceAll(/[^0-9TZ]/g, "")}`;
  const run: Run = {
    ...{ context, options, recorder, name, old, before: primary },
    ...{
      main: undefined,
      probes: new Map(),
      lostAt: 0,
      next: undefined,
      loss: undefined,
      lostRows: 0,
      lostSeconds: 0,
    },
  };
  try {
    const writing =
      (await recorder.step("D1", "the cluster is healthy", () => prepare(run))) &&
      (await recorder.step("D2", "a client writes", () => write(run)));
    if (writing) {
      const how = options.loss.kind === "kill" ? "kill the primary" : "cut the primary's site off";
      if (await recorder.step("F0", how, () => lose(run))) await observe(run);
      await bringBack(run);
    }
  } finally {
    await Promise.all([run.main, ...run.probes.values()].map((client) => client?.stop()));
  }
  if (run.probes.size > 0) await recorder.step("F5b", "never two primaries", () => neverTwo(run));
  return conclude(run);
}

async function prepare({ context, old, before }: Run): Promise<string> {
  await ensureSchema(context.database(old.name), context.plan.environment);
  return `${old.name} is primary on timeline ${before.timeline ?? 0}, every standby streams`;
}

async function write(run: Run): Promise<string> {
  const { context, options, name } = run;
  const main = startMainClient(context, options.files, name);
  run.main = main;
  if (options.loss.kind === "cut") {
    for (const guest of context.plan.guests.filter(({ kind }) => kind === "member")) {
      const command = options.probes[guest.name];
      const client = `${name}-${guest.name}`;
      run.probes.set(
        guest.name,
        command === undefined
          ? startProbe(context, options.files, client, guest)
          : startProbeProcess(command, options.files, client, guest),
      );
    }
  }
  const wanted = [main, run.probes.get(run.old.name)].filter((client) => client !== undefined);
  await until(
    run,
    300,
    () => `a client cannot write: ${lastFailure(main)}`,
    () => wanted.every((client) => acksOf(client.events()).length >= 20),
  );
  return `${wanted.length} clients, ${acksOf(main.events()).length} rows acknowledged`;
}

async function lose(run: Run): Promise<string> {
  const { context, options, old } = run;
  // The same clock as the clients': wall time of this machine.
  run.lostAt = Date.now();
  if (options.loss.kind === "cut") {
    runCommand(options.loss.cut, "cut command");
    return `site ${old.site} is cut off`;
  }
  await killMachine(context, old);
  return `SIGKILL to the virtual machine ${old.name} on ${old.host}`;
}

/** F10, and the way back when something went wrong: the drill never leaves a cluster without a primary. */
async function bringBack(run: Run): Promise<void> {
  const { context, recorder, options } = run;
  const { loss } = options;
  // What there was to measure is measured; members that come back should not have to catch up with a drill. The probes go on:
  // the moment when the sites join is theirs.
  await run.main?.stop();
  if (loss.kind === "cut") {
    await recorder.step("H", "join the sites again", async () => {
      runCommand(loss.heal, "heal command");
      return "the sites are joined";
    });
  }
  if (run.next === undefined)
    await recorder.step("H", "a primary is there again", () => revive(context, run.old));
  if (options.failback) await failbackSteps(context, recorder, { switchBack: true, limit: 1800 });
}

async function conclude(run: Run): Promise<EvidenceRecord> {
  const { context, options, recorder, loss, lostAt } = run;
  const { rto, rpo } = context.plan.environment.objectives;
  const objectives = { rtoSeconds: rto, rpoSeconds: rpo };
  const measured =
    loss === undefined ? {} : { rtoSeconds: loss.outage, rpoSeconds: run.lostSeconds, rpoRows: run.lostRows };
  judge(recorder, measured, objectives);
  const computed = computedFor(context.plan.achieved, options.loss.kind === "kill" ? "vm" : "site");
  if (computed?.rpoSeconds !== undefined && run.lostSeconds > computed.rpoSeconds)
    recorder.fail(`${run.lostSeconds} s were lost; computed were at most ${computed.rpoSeconds} s`);
  const since = (moment: number): number => Math.max(0, moment - recorder.started.getTime()) / 1000;
  return writeEvidence(context, options.evidence, "drill-failover", recorder, {
    systemIdentifier: run.before.systemIdentifier,
    versions: await versions(run),
    ...(lostAt === 0
      ? {}
      : {
          outage:
            loss === undefined
              ? { from: since(lostAt) }
              : { from: since(loss.outageFrom), to: since(loss.outageTo) },
        }),
    measured,
    objectives,
    computed,
  });
}

async function versions({ context, next, old }: Run): Promise<Record<string, string>> {
  const name = next?.name ?? old.name;
  const server = await context
    .database(name)
    .query("show server_version")
    .catch(() => []);
  const manager = await context
    .agent(name)
    .run(["patronictl", "version"], { timeout: 60 })
    .catch(() => undefined);
  const version = /(\d+\.\d+(?:\.\d+)?)/;
  return {
    postgresql: version.exec(server[0]?.[0] ?? "")?.[1] ?? "unknown",
    patroni: version.exec(manager?.stdout ?? "")?.[1] ?? "unknown",
  };
}
