import { machines } from "../../../components/declaration/index.js";
import { binDirectory, dataDirectory, MOUNTS } from "../../../components/postgres/layout.js";
import type { PlanGuest } from "../../../components/recovery/index.js";
import { fromReplica } from "../../../components/recovery/restore.js";
import { guestDatabase } from "../../adapters/database.js";
import type { Context } from "../../context.js";
import { messageOf, OperationError, UsageError } from "../../errors.js";
import type { EvidenceRecord } from "../../evidence/index.js";
import type { Database, GuestAgent } from "../../ports/index.js";
import { amcheck, dataChecks, waitForEndOfRecovery } from "../drill-restore/checks.js";
import * as isolation from "../drill-restore/isolation.js";
import { canariesAhead, ensureSchema, writeCanary } from "../recovery/canary.js";
import { takeCensus, type Census } from "../recovery/census.js";
import { writeEvidence } from "../recovery/evidence.js";
import { judge } from "../recovery/judge.js";
import { primaryOf } from "../recovery/members.js";
import { Recorder } from "../recovery/recorder.js";
import { withGuestLock } from "../lock.js";
import { replicatedGuests } from "../replica-store.js";
import { startReplica, stopReplica, type ReplicaDomain } from "../replica-domain.js";

export interface SiteDrillOptions {
  /** Guest whose replica is started. @default the first that is replicated */
  readonly guest?: string | undefined;
  readonly evidence: string;
  /** Seconds that any single step may take. @default 1 h */
  readonly timeout?: number | undefined;
}

/** What a failed site would have cost: the replica is as old as its last cycle. */
interface LossOfCopy {
  readonly seconds: number;
  readonly rows: number;
}

/**
 * Starts the replica of a VM at the other site with its network cables pulled, lets its PostgreSQL recover from the crash that
 * the copy is, checks the data, and throws the running copy away. It writes to overlays only: replication goes on from
 * where it was.
 */
export async function siteDrill(
  context: Context,
  options: SiteDrillOptions,
): Promise<EvidenceRecord | undefined> {
  const guest = chooseGuest(context, options.guest);
  const name = `${guest.name}-drill`;
  if (context.dryRun) {
    context.output.info(
      `would start the newest replica of ${guest.name} as ${name}, isolated, check it and remove it`,
    );
    return undefined;
  }
  // The copy's name stands for the lock: another drill would end this one's copy, while replication may go on beside it.
  return withGuestLock(context, context.host(targetHost(context)), name, "drill site", () =>
    rehearse(context, guest, name, options),
  );
}

async function rehearse(
  context: Context,
  guest: PlanGuest,
  name: string,
  options: SiteDrillOptions,
): Promise<EvidenceRecord> {
  const { plan, output, clock } = context;
  const { environment } = plan;
  const timeout = options.timeout ?? 3600;
  const recorder = new Recorder(output, clock);
  const copy: isolation.Copy = {
    directory: "/run/pgkeep-drill",
    data: dataDirectory(environment.cluster.version.major),
    log: "/run/pgkeep-drill/server.log",
    major: environment.cluster.version.major,
  };
  const client = `site-drill-${recorder.started.toISOString()}`;
  let primary: Database | undefined;
  let counted: Census | undefined;
  let systemIdentifier: string | undefined;
  let replica: ReplicaDomain | undefined;
  let agent: GuestAgent | undefined;
  let loss: LossOfCopy | undefined;
  let began = 0;
  let usable: number | undefined;

  const lostAt = clock.now();
  await recorder.step("T1", "the moment of the loss", async () => {
    // A canary at the moment of the loss: acknowledged, and too young for the replica.
    try {
      const state = await primaryOf(context);
      primary = context.database(state.name);
      systemIdentifier = state.systemIdentifier;
      await ensureSchema(primary, environment);
      await writeCanary(primary, environment, client, 1);
      counted = await takeCensus(context, primary, environment);
      return `${lostAt.toISOString()}; ${state.name} is primary`;
    } catch (error) {
      output.warn(messageOf(error));
      return `${lostAt.toISOString()}; no primary answers`;
    }
  });
  const up =
    (await recorder.step("T2", "start the replica in isolation", async () => {
      began = recorder.elapsed();
      await stopReplica(context, guest, name);
      replica = await startReplica(context, guest, { as: name, link: "down" });
      agent = context.agent(name, replica.host);
      return `${name} on ${replica.host} from cycle ${replica.cycle}, cables pulled`;
    })) &&
    (await recorder.step("T3", "its system is up", async () => {
      const started = clock.monotonic();
      await required(agent).wait(timeout);
      await volumesMounted(context, required(agent), timeout);
      return `the guest agent answered after ${Math.round(clock.monotonic() - started)} s`;
    })) &&
    (await recorder.step("T4", "PostgreSQL recovers from the crash", async () =>
      startServer(context, required(agent), copy, timeout),
    ));
  if (up && agent !== undefined) {
    const inGuest = agent;
    const database = copyDatabase(inGuest, copy);
    await recorder.step("T5", "the loss is within the schedule", async () => {
      const [row] = await database.query("select system_identifier from pg_control_system()");
      systemIdentifier ??= row?.[0];
      if (row?.[0] !== systemIdentifier)
        throw new OperationError(`the copy has the system identifier ${row?.[0] ?? ""}`);
      loss = await lossOfCopy(context, database, primary, required(replica), lostAt);
      return `${loss.seconds} s and ${loss.rows} canary rows behind the moment of the loss`;
    });
    await recorder.step("T6", "tables and indexes agree", () => amcheck(inGuest, copy, timeout));
    await recorder.step("T7", "the data is what it was", () => dataChecks(context, database, counted));
    usable = recorder.elapsed();
  }
  await recorder.step("T8", "throw the running copy away", async () => {
    await stopReplica(context, guest, name);
    const state = await context.host(replica?.host ?? targetHost(context)).hypervisor.state(name);
    if (state !== "absent") throw new OperationError(`${name} is still ${state}`);
    return "the domain and what it wrote are gone, the replica is as it was";
  });

  const way = required(fromReplica(environment));
  // No objective is declared for the age of a replica: its schedule is the promise, which counts the time of a copy, too.
  const objectives = {
    rtoSeconds: environment.objectives.restore.rto,
    rpoSeconds: way.rpo.seconds,
  };
  const measured = {
    ...(usable === undefined ? {} : { rtoSeconds: Math.round((usable - began) * 1000) / 1000 }),
    ...(loss === undefined ? {} : { rpoSeconds: loss.seconds, rpoRows: loss.rows }),
  };
  judge(recorder, measured, objectives);
  return writeEvidence(context, options.evidence, "drill-site", recorder, {
    systemIdentifier,
    measured,
    objectives,
    ...(replica === undefined ? {} : { target: `cycle ${replica.cycle} of ${replica.moment}` }),
    computed: {
      rtoSeconds: way.rto.seconds,
      rpoSeconds: way.rpo.seconds,
      reason: `site, by replica; RPO: ${way.rpo.text}; RTO: ${way.rto.text}`,
    },
  });
}

function chooseGuest(context: Context, name: string | undefined): PlanGuest {
  const replicated = replicatedGuests(context);
  const found = name === undefined ? replicated[0] : replicated.find((guest) => guest.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    name === undefined ? "no VM is replicated" : `${name} is not replicated`,
    name === undefined
      ? "declare replication.vm"
      : `one of ${replicated.map((guest) => guest.name).join(", ")}`,
  );
}

function targetHost(context: Context): string {
  const to = context.plan.environment.replication.vm?.to;
  return machines(context.plan.environment).hosts.find(({ site }) => site === to)?.name ?? "";
}

/** The agent answers before the volumes are mounted. The boot as a whole never ends here: etcd waits for others in vain. */
async function volumesMounted({ clock }: Context, agent: GuestAgent, timeout: number): Promise<void> {
  const began = clock.monotonic();
  const script = 'for path in "$@"; do mountpoint -q "$path" || { echo "$path"; exit 1; }; done';
  for (;;) {
    const { code, stdout } = await agent.run(["sh", "-c", script, "sh", MOUNTS.data, MOUNTS.wal], {
      accept: [0, 1],
    });
    if (code === 0) return;
    if (clock.monotonic() - began > Math.min(timeout, 900))
      throw new OperationError(`${stdout.trim()} was not mounted in the copy`);
    await clock.sleep(2);
  }
}

/**
 * Starts the server on the copied data directory, with a configuration of the drill's own. Patroni stays out of it: without
 * its etcd it would wait, and with it the copy would be no copy.
 */
async function startServer(
  context: Context,
  agent: GuestAgent,
  copy: isolation.Copy,
  timeout: number,
): Promise<string> {
  const clear = `systemctl stop patroni.service pgkeep-reconcile.timer etcd.service keepalived.service pgbackrest.service 2>/dev/null || true
    pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && \\
      runuser -u postgres -- "$3/pg_ctl" -D "$1" -m immediate -s -w stop
    rm -f "$1/postmaster.pid"; install -d -o postgres -g postgres -m 0700 "$2"`;
  const bin = binDirectory(copy.major);
  await agent.run(["sh", "-c", clear, "sh", copy.data, copy.directory, bin], { timeout: 600 });
  await isolation.writeServerConfig(agent, copy);
  const [standby] = (
    await agent.run(["sh", "-c", 'ls "$1/standby.signal" 2>/dev/null || true', "sh", copy.data])
  ).stdout.split("\n");
  await isolation.start(agent, copy);
  const database = copyDatabase(agent, copy);
  if (standby !== undefined && standby !== "") await promoteCopy(context, database, timeout);
  return waitForEndOfRecovery(agent, copy, database, context.clock, timeout);
}

/** A replica that was a standby when it was copied is promoted, once it is consistent. */
async function promoteCopy({ clock }: Context, database: Database, timeout: number): Promise<void> {
  const began = clock.monotonic();
  for (;;) {
    const done = await database.query("select pg_promote(false)").then(
      () => true,
      () => false,
    );
    if (done) return;
    if (clock.monotonic() - began > timeout) throw new OperationError("the copy did not become consistent");
    await clock.sleep(1);
  }
}

/** SQL in the copy, by its socket file. */
function copyDatabase(agent: GuestAgent, { directory }: isolation.Copy): Database {
  return guestDatabase(
    { ...agent, run: (argv, settings) => agent.run(["env", `PGHOST=${directory}`, ...argv], settings) },
    "postgres",
  );
}

/** How much younger the primary was at the moment of the loss. */
async function lossOfCopy(
  context: Context,
  copy: Database,
  primary: Database | undefined,
  replica: ReplicaDomain,
  lostAt: Date,
): Promise<LossOfCopy> {
  const { environment } = context.plan;
  const seconds = Math.max(0, Math.round(lostAt.getTime() - Date.parse(replica.moment)) / 1000);
  if (primary === undefined) return { seconds, rows: 0 };
  return { seconds, rows: await canariesAhead(primary, copy, environment) };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("an earlier step did not set what a later one needs");
  return value;
}
