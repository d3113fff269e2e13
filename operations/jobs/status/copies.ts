import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { messageOf } from "../../errors.js";
import { readChain, type EvidenceKind, type EvidenceRecord } from "../../evidence/index.js";
import { HOST_PATHS } from "../../../components/recovery/index.js";
import { listCycles, newestChain, replicaPlace, replicatedGuests } from "../replica-store.js";
import { repositoryOf } from "../recovery/repository.js";
import { snapshotDirectory } from "../snapshot.js";
import { listSnapshots } from "../snapshot-store.js";
import { look, vmJob, vmTarget } from "../vsphere-snapshot/index.js";
import { judgeAge, type Age } from "./age.js";

/** Newest snapshot and newest replica of a guest, as far as they are declared. */
export async function guestCopies(context: Context, guest: PlanGuest): Promise<readonly Age[]> {
  const { backup, replication } = context.plan.environment;
  const ages: Age[] = [];
  if (backup.vmSnapshot !== undefined) {
    ages.push(
      await judged(context, "snapshot", backup.vmSnapshot.schedule, async () => {
        const vm = vmTarget(guest);
        if (vm !== undefined) {
          const { found } = await look(vmJob(context, vm));
          const newest = found.own.filter(({ good }) => good).at(-1);
          return newest === undefined ? undefined : new Date(newest.time).toISOString();
        }
        const stored = await listSnapshots(context.host(guest.host), snapshotDirectory(context, guest.name));
        return stored.filter(({ good }) => good).at(-1)?.manifest?.moment;
      }),
    );
  }
  if (replication.vm !== undefined && replicatedGuests(context).includes(guest)) {
    ages.push(
      await judged(context, "replica", replication.vm.schedule, async () => {
        const { host, directory } = replicaPlace(context, guest);
        return newestChain(await listCycles(host, directory)).at(-1)?.manifest?.moment;
      }),
    );
  }
  return ages;
}

/** Newest base backup, its verification and the drills, as far as they are declared. */
export async function clusterCopies(context: Context): Promise<readonly Age[]> {
  const { backup, drills } = context.plan.environment;
  const ages: Age[] = [];
  if (backup.base !== undefined) {
    const { full, differential, incremental } = backup.base;
    // The densest schedule decides how old the newest backup may be.
    const schedule = incremental?.schedule ?? differential?.schedule ?? full.schedule;
    ages.push(
      await judged(context, "base backup", schedule, async () => {
        const { backups } = await repositoryOf(context).tool.repository();
        return backups
          .filter(({ error }) => !error)
          .at(-1)
          ?.stopped.toISOString();
      }),
    );
  }
  const proofs: readonly (readonly [kind: EvidenceKind, what: string, schedule: string | undefined])[] = [
    ["verify", "verification", backup.base && backup.verification.schedule],
    ["drill-restore", "restore drill", drills.restore?.schedule],
    ["drill-failover", "failover drill", drills.failover?.schedule],
    ["drill-site", "site drill", drills.site?.schedule],
  ];
  const declared = proofs.flatMap(([kind, what, schedule]) =>
    schedule === undefined ? [] : [{ kind, what, schedule }],
  );
  if (declared.length === 0) return ages;
  const evidence = await records(context);
  for (const { kind, what, schedule } of declared) {
    const last = evidence.records.filter((record) => record.kind === kind).at(-1);
    const problem = evidence.problem ?? (last?.verdict === "failed" ? lastFailed(last) : undefined);
    const newest = last === undefined ? undefined : new Date(last.finished);
    ages.push(judgeAge(what, schedule, newest, context.clock.now(), problem));
  }
  return ages;
}

function lastFailed({ findings }: EvidenceRecord): string {
  const [first] = findings;
  return `the last one failed${first === undefined ? "" : `: ${first.slice(0, 300)}`}`;
}

async function judged(
  context: Context,
  what: string,
  schedule: string,
  newest: () => Promise<string | undefined>,
): Promise<Age> {
  const now = context.clock.now();
  try {
    const moment = await newest();
    return judgeAge(what, schedule, moment === undefined ? undefined : new Date(moment), now);
  } catch (error) {
    return judgeAge(what, schedule, undefined, now, `cannot be seen: ${messageOf(error)}`);
  }
}

/** The evidence, from the host where drills run. */
async function records(
  context: Context,
): Promise<{ readonly records: ReturnType<typeof readChain>["records"]; readonly problem?: string }> {
  const { plan } = context;
  const host = plan.guests.find(({ kind }) => kind === "witness")?.host ?? plan.guests[0]?.host ?? "";
  try {
    const text = await context.host(host).files.read(HOST_PATHS.evidence);
    const chain = readChain(Buffer.from(text ?? ""));
    const [problem] = chain.problems;
    return {
      records: chain.records,
      ...(problem === undefined ? {} : { problem: `the evidence is broken: ${problem}` }),
    };
  } catch (error) {
    return { records: [], problem: `the evidence cannot be seen: ${messageOf(error)}` };
  }
}
