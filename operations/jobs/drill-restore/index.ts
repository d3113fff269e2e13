import { guestDatabase } from "../../adapters/database.js";
import type { Context } from "../../context.js";
import { OperationError, UsageError } from "../../errors.js";
import type { EvidenceRecord } from "../../evidence/index.js";
import type { BaseBackup, Database, GuestAgent, Repository } from "../../ports/index.js";
import { canaryDatabase, newestCanary } from "../recovery/canary.js";
import { takeCensus, type Census } from "../recovery/census.js";
import { computedFor, writeEvidence } from "../recovery/evidence.js";
import { judge } from "../recovery/judge.js";
import { primaryOf } from "../recovery/members.js";
import { Recorder } from "../recovery/recorder.js";
import { continuityOf, repositoryOf, withRepositoryLock } from "../recovery/repository.js";
import { amcheck, checksums, dataChecks, waitForEndOfRecovery, writeAndDump } from "./checks.js";
import { ageOfBackup, chooseBackup } from "./choose.js";
import { checkExposure, checkTarget, measureExposure, type Exposure } from "./exposure.js";
import * as isolation from "./isolation.js";

export interface RestoreDrillOptions {
  /** latest, or the moment to which the copy is rolled forward. */
  readonly target: Date | "latest";
  /** Backup to begin with. @default the newest that ended before the target */
  readonly label?: string | undefined;
  readonly evidence: string;
  /** Seconds that any single step may take. @default 6 h */
  readonly timeout?: number | undefined;
}

/** Restores a backup in isolation on the repository's guest, checks the copy and removes it: R1 to R10. */
export async function restoreDrill(
  context: Context,
  options: RestoreDrillOptions,
): Promise<EvidenceRecord | undefined> {
  const { guest, tool } = repositoryOf(context);
  const { clock, output } = context;
  if (options.target !== "latest" && options.target > clock.now())
    throw new UsageError(
      `the target ${options.target.toISOString()} lies in the future`,
      "a moment in the past, or latest",
    );
  if (context.dryRun) {
    const chosen = chooseBackup(await tool.repository(), options);
    output.info(
      `${guest}: would restore ${chosen.label} into ${copyIn(context).directory}, check it and remove it`,
    );
    return undefined;
  }
  return withRepositoryLock(context, "drill restore", () => rehearse(context, options));
}

async function rehearse(context: Context, options: RestoreDrillOptions): Promise<EvidenceRecord> {
  const { guest, tool } = repositoryOf(context);
  const { plan, clock, output } = context;
  const { environment } = plan;
  const agent = context.agent(guest);
  const copy = copyIn(context);
  const timeout = options.timeout ?? 6 * 3600;
  const recorder = new Recorder(output, clock);
  const primary = await reachablePrimary(context, recorder);
  const reached = copyDatabase(agent, copy);
  let chosen: BaseBackup | undefined;
  let repository: Repository | undefined;
  let exposure: Exposure | undefined;
  let counted: Census | undefined;
  let manifestHash: string | undefined;
  let restoreBegan = 0;
  let usable: number | undefined;

  const sound = await inOrder(recorder, [
    [
      "R1",
      "choose the backup",
      async () => {
        await agent.wait(300);
        repository = await tool.repository();
        chosen = chooseBackup(repository, options);
        manifestHash = await tool.manifestHash(chosen.label);
        return `${chosen.label}, ${ageOfBackup(chosen, environment.backup, clock.now(), options)}`;
      },
    ],
    [
      "R0",
      "measure how long rows are only on the primary",
      async () => {
        if (primary === undefined || chosen === undefined)
          return "no primary answers, so nothing new can be written";
        counted = await takeCensus(context, primary, environment);
        // For a chosen moment this has a second use: recovery stops at the first commit after the target, so there must be one.
        const limit = (environment.backup.wal?.archiveTimeout ?? 60) + 180;
        exposure = await measureExposure(context, tool, primary, chosen.archiveId, limit);
        return `${exposure.seconds} s, ${exposure.rows} rows`;
      },
    ],
    [
      "R2",
      "verify the repository",
      async () => {
        const report = await tool.verify(timeout);
        const needed = [required(chosen).label, ...required(chosen).needs];
        const bad = needed.filter((label) => !report.valid.includes(label));
        const { problems: gaps } = await continuityOf(tool, required(chosen), clock);
        const problems = [...report.problems, ...bad.map((label) => `backup ${label} is not valid`), ...gaps];
        if (problems.length > 0) throw new OperationError(problems.join("; "));
        return { detail: "status: ok, and the WAL has no gap", output: report.output };
      },
    ],
    [
      "R3",
      "restore in isolation",
      async () => {
        restoreBegan = recorder.elapsed();
        await isolation.prepare(agent, copy);
        const need = Math.ceil(required(chosen).size * 1.1) + 512 * 1024 * 1024;
        const free = await isolation.freeSpace(agent, copy);
        if (free < need)
          throw new OperationError(`${copy.directory} has ${free} bytes free, the copy needs ${need}`);
        await isolation.writeRestoreConfig(agent, copy, plan.stanza);
        const { label } = required(chosen);
        await isolation.restore(agent, copy, { stanza: plan.stanza, label, target: options.target, timeout });
        await isolation.writeServerConfig(agent, copy);
        return `files of ${label} in ${copy.directory}`;
      },
    ],
    [
      "R4",
      "recover until the copy takes writes",
      async () => {
        await isolation.start(agent, copy);
        return waitForEndOfRecovery(agent, copy, reached, clock, timeout);
      },
    ],
  ]);
  if (sound) {
    const target = options.target;
    await recorder.step("R5", "the target was reached", async () => {
      const [row] = await reached.query("select system_identifier from pg_control_system()");
      if (row?.[0] !== repository?.systemIdentifier)
        throw new OperationError(
          `the copy has the system identifier ${row?.[0]}, the repository ${repository?.systemIdentifier}`,
        );
      if (target !== "latest") return checkTarget(context, reached, primary, target);
      return exposure === undefined ? ageOfCopy(context, reached) : checkExposure(context, reached, exposure);
    });
    await recorder.step("R6", "tables and indexes agree", () => amcheck(agent, copy, timeout));
    await recorder.step("R8", "the data is what it was", () => dataChecks(context, reached, counted));
    await recorder.step("R9", "write and dump", () => writeAndDump(context, agent, copy, reached, timeout));
    usable = recorder.elapsed();
    await recorder.step("R7", "page checksums", async () => {
      await isolation.stop(agent, copy);
      return checksums(agent, copy, timeout);
    });
  } else {
    for (const [id, name] of REST) recorder.skip(id, name, "an earlier step failed");
  }
  await recorder.step("R10", "remove the copy", async () => {
    await isolation.destroy(agent, copy);
    return "no file and no process of it is left";
  });

  const objectives = {
    rtoSeconds: environment.objectives.restore.rto,
    rpoSeconds: environment.objectives.restore.rpo,
  };
  const measured = {
    ...(usable === undefined ? {} : { rtoSeconds: round(usable - restoreBegan) }),
    // Of a chosen moment, too: what was written after it is given up on purpose and is no loss.
    ...(exposure === undefined ? {} : { rpoSeconds: exposure.seconds, rpoRows: exposure.rows }),
  };
  judge(recorder, measured, objectives);
  return writeEvidence(context, options.evidence, "drill-restore", recorder, {
    systemIdentifier: repository?.systemIdentifier,
    versions: await versions(agent, copy, tool),
    ...(chosen === undefined ? {} : { backup: { label: chosen.label, manifestHash } }),
    target: options.target === "latest" ? "latest" : options.target.toISOString(),
    measured,
    objectives,
    computed: computedFor(plan.achieved, "operatorError"),
  });
}

function copyIn({ plan }: Context): isolation.Copy {
  const { backup, cluster } = plan.environment;
  return isolation.copyAt(backup.repository.path, cluster.version.major);
}

const REST: readonly (readonly [string, string])[] = [
  ["R5", "the target was reached"],
  ["R6", "tables and indexes agree"],
  ["R8", "the data is what it was"],
  ["R9", "write and dump"],
  ["R7", "page checksums"],
];

type Steps = readonly (readonly [string, string, Parameters<Recorder["step"]>[2]])[];

/** Runs steps until one fails; notes the rest as not run. */
async function inOrder(recorder: Recorder, steps: Steps): Promise<boolean> {
  let sound = true;
  for (const [id, name, action] of steps) {
    if (sound) sound = await recorder.step(id, name, action);
    else recorder.skip(id, name, "an earlier step failed");
  }
  return sound;
}

async function reachablePrimary(context: Context, recorder: Recorder): Promise<Database | undefined> {
  try {
    return context.database((await primaryOf(context)).name);
  } catch (error) {
    // After a real loss the drill is the rehearsal of the rescue, so it goes on.
    context.output.warn(
      `no primary to compare with: ${error instanceof Error ? error.message : String(error)}`,
    );
    recorder.skip("P", "find the primary", "no primary answers");
    return undefined;
  }
}

/** Without a primary: how old is the newest row that the copy holds? */
async function ageOfCopy(context: Context, copy: Database): Promise<string> {
  const newest = await newestCanary(copy, context.plan.environment);
  return newest === undefined
    ? `no canary is in ${canaryDatabase(context.plan.environment)} of the copy`
    : `newest canary ${newest.toISOString()}`;
}

/** SQL in the copy, by its socket file. */
function copyDatabase(agent: GuestAgent, { directory }: isolation.Copy): Database {
  return guestDatabase(
    { ...agent, run: (argv, settings) => agent.run(["env", `PGHOST=${directory}`, ...argv], settings) },
    "postgres",
  );
}

async function versions(
  agent: GuestAgent,
  { major }: isolation.Copy,
  tool: { version(): Promise<string> },
): Promise<Record<string, string>> {
  const server = await agent
    .run([`/usr/lib/postgresql/${major}/bin/postgres`, "--version"], { accept: [0, 127] })
    .catch(() => undefined);
  return {
    pgbackrest: await tool.version().catch(() => "unknown"),
    postgresql: /(\d+\.\d+)/.exec(server?.stdout ?? "")?.[1] ?? "unknown",
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("an earlier step did not set what a later one needs");
  return value;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
