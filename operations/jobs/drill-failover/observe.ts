import { OperationError } from "../../errors.js";
import { promote } from "../failover.js";
import { canariesOf } from "../recovery/canary.js";
import { chooseCandidate } from "../recovery/candidate.js";
import { fence, proveFenced } from "../recovery/fencing.js";
import { promotionLimit } from "../recovery/managers.js";
import { memberState, type MemberState } from "../recovery/members.js";
import { situation } from "../recovery/situation.js";
import { repositoryOf } from "../recovery/repository.js";
import { acksOf } from "./client-log.js";
import { startProbe } from "./clients.js";
import { intervalsOf, isRefusal, overlapsOf } from "./intervals.js";
import { lossOf } from "./loss.js";
import { lastFailure, until, type Run } from "./run.js";

/** Seconds that clients go on writing after the service is back. */
const AFTER = 5;

/** What happens after the loss. Every step is taken, whatever another one found. */
export async function observe(run: Run): Promise<void> {
  const { recorder, context } = run;
  if (!(await recorder.step("F1", "another member is primary", () => newPrimary(run)))) return;
  const next = run.next;
  if (next === undefined) return;
  await recorder.step("F6", "clients write again", () => serviceBack(run));
  await recorder.step("F2", "it is on a new timeline", async () => {
    const [was, is] = [run.before.timeline ?? 0, next.timeline ?? 0];
    if (is <= was) throw new OperationError(`timeline ${is} is not above ${was}`);
    return `timeline ${was} became ${is}`;
  });
  await recorder.step("F9", "it is the same cluster", async () => {
    if (next.systemIdentifier !== run.before.systemIdentifier)
      throw new OperationError(
        `system identifier ${next.systemIdentifier} instead of ${run.before.systemIdentifier}`,
      );
    return `system identifier ${next.systemIdentifier}`;
  });
  await recorder.step("F4", "acknowledged rows are there", () => countLoss(run, next.name));
  await recorder.step("F5", "the old primary is fenced", () => oldIsFenced(run));
  await recorder.step("F7", "other standbys stream on the new timeline", () => otherStandbys(run, next));
  if (context.plan.repository === undefined)
    recorder.skip("F8", "the archive takes the new timeline", "no archive is declared");
  else await recorder.step("F8", "the archive takes the new timeline", () => archive(run, next));
}

async function newPrimary(run: Run): Promise<string> {
  const { context, old } = run;
  const others = context.plan.guests.filter(({ kind, name }) => kind === "member" && name !== old.name);
  if (context.plan.environment.failover.mode === "manual") {
    if (run.options.loss.kind === "kill") await fence(context, old);
    const now = await situation(context);
    if (now.primary === undefined) await promote(context, chooseCandidate(context, now, undefined).name);
  }
  let states: readonly MemberState[] = [];
  const limit = promotionLimit(context);
  await until(
    run,
    limit,
    () => `no other member became primary within ${limit} s`,
    async () => {
      states = await Promise.all(others.map(({ name }) => memberState(name, context.database(name))));
      run.next = states.find(({ role }) => role === "primary");
      return run.next !== undefined;
    },
  );
  return `${run.next?.name ?? ""} is primary`;
}

/** F3 and F6: the client itself writes, through the redirect, to the new primary. */
async function serviceBack(run: Run): Promise<string> {
  const address = run.context.guest(run.next?.name ?? "").addresses.client;
  const limit = promotionLimit(run.context);
  const main = run.main;
  if (main === undefined) throw new OperationError("no client runs");
  const reached = (): boolean =>
    acksOf(main.events()).some(({ sent, server }) => sent > run.lostAt && server === address);
  await until(
    run,
    limit,
    () => `no client reached ${address} within ${limit} s: ${lastFailure(main)}`,
    reached,
  );
  await run.context.clock.sleep(AFTER);
  return `the client writes to ${address}`;
}

async function countLoss(run: Run, next: string): Promise<string> {
  const { context } = run;
  const database = context.database(next);
  const counted: string[] = [];
  for (const client of [run.main, run.probes.get(run.old.name)].filter((one) => one !== undefined)) {
    // Rows that are acknowledged while the copy of the list is on its way do not count.
    const acks = acksOf([...client.events()]);
    const present = await canariesOf(database, context.plan.environment, client.client);
    const loss = client === run.main ? lossOf(acks, present, run.lostAt) : undefined;
    if (client === run.main) run.loss = loss;
    const missing = acks.filter(({ sequence }) => !present.has(sequence));
    const seconds =
      loss?.seconds ??
      spread(
        acks,
        missing.map(({ sequence }) => sequence),
      );
    run.lostRows += missing.length;
    run.lostSeconds = Math.max(run.lostSeconds, seconds);
    counted.push(
      `${client.client}: ${missing.length} of ${acks.length} acknowledged rows lost, ${seconds} s`,
    );
  }
  if (run.loss === undefined) throw new OperationError("no row was acknowledged after the loss");
  return `${counted.join("; ")}; writes stood still for ${run.loss.outage} s`;
}

async function oldIsFenced(run: Run): Promise<string> {
  const { context, old, options } = run;
  if (options.loss.kind === "kill") {
    const said = context.plan.environment.failover.fencing
      ? await proveFenced(context, old)
      : `${old.name} is off`;
    return `${said}; ${await cannotWrite(run)}`;
  }
  // Cut off, its hypervisor cannot be asked; the probe beside it tells.
  return cannotWrite(run);
}

/** A write to the old primary's own address must not be acknowledged. */
async function cannotWrite(run: Run): Promise<string> {
  const { context, old, options } = run;
  const running = run.probes.get(old.name);
  const probe = running ?? startProbe(context, options.files, `${run.name}-old`, old);
  const since = Date.now();
  await context.clock.sleep(AFTER);
  if (running === undefined) await probe.stop();
  const later = probe.events().filter(({ sent }) => sent >= since);
  const accepted = acksOf(later);
  if (accepted.length > 0)
    throw new OperationError(`${old.name} accepted ${accepted.length} writes after the failover`);
  const refused = later.filter((event) => event.kind === "fail" && isRefusal(event.reason)).length;
  return `no write to ${old.addresses.client} was accepted in ${AFTER} s (${refused} refused, ${later.length - refused} without answer)`;
}

async function otherStandbys(run: Run, next: MemberState): Promise<string> {
  const { context, old } = run;
  const others = context.plan.guests.filter(
    ({ kind, name }) => kind === "member" && name !== old.name && name !== next.name,
  );
  if (others.length === 0) return "there are no others";
  await until(
    run,
    600,
    () => "a standby does not stream on the new timeline",
    async () => {
      const states = await Promise.all(others.map(({ name }) => memberState(name, context.database(name))));
      return states.every(({ receiver, timeline }) => receiver === "streaming" && timeline === next.timeline);
    },
  );
  return `${others.map(({ name }) => name).join(", ")} stream on timeline ${next.timeline ?? 0}`;
}

async function archive(run: Run, next: MemberState): Promise<string> {
  const { tool } = repositoryOf(run.context);
  const timeline = (next.timeline ?? 0).toString(16).toUpperCase().padStart(8, "0");
  const major = run.context.plan.environment.cluster.version.major;
  await run.context.database(next.name).query("select pg_switch_wal()", { timeout: 60 });
  const { backups } = await tool.repository();
  const archiveId = backups.at(-1)?.archiveId ?? `${major}-1`;
  let found: string | undefined;
  await until(
    run,
    600,
    () => `no WAL of timeline ${timeline} reached the archive`,
    async () => {
      const files = await tool.archive(archiveId);
      found = files.find(({ name }) => name.startsWith(timeline) && name.length === 24)?.name;
      return found !== undefined;
    },
  );
  return `${found ?? ""} is in the archive`;
}

export async function neverTwo(run: Run): Promise<string> {
  const intervals = [...run.probes].flatMap(([member, probe]) => intervalsOf(member, probe.events()));
  const overlaps = overlapsOf(intervals);
  const [first] = overlaps;
  const show = (ms: number): string => new Date(ms).toISOString();
  if (first !== undefined)
    throw new OperationError(
      `${first.one.member} and ${first.other.member} both accepted writes for ${Math.round(first.length)} ms from ${show(first.other.from)}`,
    );
  return intervals
    .map(({ member, from, to, writes }) => `${member} ${show(from)} to ${show(to)} (${writes} writes)`)
    .join("; ");
}

/** From the newest acknowledged row before the missing ones to the last missing one, in seconds. */
function spread(
  acks: readonly { readonly sequence: number; readonly acked: number }[],
  missing: readonly number[],
): number {
  const gone = new Set(missing);
  const first = acks.findIndex(({ sequence }) => gone.has(sequence));
  const last = acks.findLastIndex(({ sequence }) => gone.has(sequence));
  const end = acks[last];
  const begin = acks[first - 1] ?? acks[first];
  return begin === undefined || end === undefined ? 0 : Math.round(end.acked - begin.acked) / 1000;
}
