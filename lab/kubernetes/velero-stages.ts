import assert from "node:assert/strict";
import { z } from "zod";
import type { Progress } from "../progress.js";
import { ApiError, type ApiObject } from "./api.js";
import { until } from "./daemon.js";
import type { KubernetesLab } from "./running.js";
import { CLUSTER_SITES, type ClusterSite } from "./site.js";
import { NAMESPACE, type Stage } from "./stage.js";
import { compareNamespaces, countObjects } from "./velero-compare.js";
import { VELERO_NAMESPACE, veleroPath } from "./velero.js";
import { PASSWORD_SECRET, VELERO_POLICY, type DeclaredMistake } from "./velero-stack.js";

/** Seconds for what is waited for. */
const PATIENCE = 120;

const SCHEDULES = [`${NAMESPACE}-daily`, `${NAMESPACE}-weekly`];
/** Where a drill, and a recovery, lies. */
const DRILL = `${NAMESPACE}-drill`;
const RECOVERED = `${NAMESPACE}-recovered`;

/** Velero, from what is declared to it to restores in the other cluster. */
export const VELERO_STAGES: readonly Stage[] = [
  {
    title: "mistakes in VeleroBackups are refused before a cluster hears of them",
    expected: 40,
    run: refused,
  },
  {
    title: "Velero finds the shared location of VeleroBackups available, and enables its schedules",
    expected: 60,
    run: declared,
  },
  {
    title: "pgkeep velero backup: complete, without errors, and seen by the second cluster",
    expected: 30,
    run: backedUp,
  },
  { title: "the second cluster reads, and writes nothing", expected: 10, run: readOnly },
  {
    title: "pgkeep velero restore: a drill there, under another name, of equal objects",
    expected: 40,
    run: drilled,
  },
  { title: "everything restored there, compared object by object", expected: 40, run: recovered },
];

const DAILY = { name: "daily", schedule: "0 2 * * *", ttl: "168h" };

/** What somebody could declare wrongly, and what they are told. */
const MISTAKES: readonly (readonly [mistake: DeclaredMistake, said: RegExp])[] = [
  [{ schedules: [{ ...DAILY, ttl: "7d" }] }, /schedules\[0\]\.ttl: "7d" is no duration of Go/],
  [
    { schedules: [{ ...DAILY, location: "elsewhere" }] },
    /schedules\[0\]\.location: "elsewhere" is no declared location/,
  ],
  [
    { access: "ReadOnly", schedules: [DAILY] },
    /schedules\[0\]\.location: .* is a schedule on a read-only location, default/,
  ],
];

async function refused(running: KubernetesLab): Promise<string> {
  const { velero } = running;
  for (const [mistake, expected] of MISTAKES) {
    velero.mistake(mistake);
    const { code, stdout, stderr } = await velero.stack.pulumi(UP);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, expected);
    for (const site of CLUSTER_SITES) assert.deepEqual(await madeAt(running, site), []);
  }
  velero.mistake(undefined);
  return "duration, missing location, read-only location: nothing was made in either cluster";
}

const UP = ["up", "--yes", "--skip-preview", ...VELERO_POLICY];

/** What VeleroBackups, or Velero, has made in Velero's namespace. */
async function madeAt(running: KubernetesLab, site: ClusterSite): Promise<readonly string[]> {
  const api = running.api(site);
  const secrets = await api.list(`/api/v1/namespaces/${VELERO_NAMESPACE}/secrets`);
  const others = ["backupstoragelocations", "schedules"].map((kind) => api.list(veleroPath(kind)));
  return [...secrets, ...(await Promise.all(others)).flat()].map(({ metadata }) => metadata.name);
}

async function declared(running: KubernetesLab, progress: Progress): Promise<string> {
  const { velero } = running;
  const up = velero.stack.mustPulumi(UP, {
    onLine: (line) => {
      if (/ created \(| updated \(| deleted \(/.test(line)) progress(`  ${line.trim()}`);
    },
  });
  await Promise.race([velero.install(), up]);
  await up;
  for (const site of CLUSTER_SITES) {
    velero.server(site);
    const [location, ...more] = await running.api(site).list(veleroPath("backupstoragelocations"));
    assert.deepEqual(more, []);
    assert.equal(location?.status?.["phase"], "Available");
    assert.equal(location.spec?.["accessMode"], site === "a" ? "ReadWrite" : "ReadOnly");
    const { data } = z
      .object({ data: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await running.api(site).call("GET", PASSWORD_SECRET)));
    // Never compared by a message that would show it.
    const stands = Buffer.from(data["repository-password"] ?? "", "base64").toString() === velero.password;
    assert.ok(stands, "the password is the declared one, and not the one that everybody knows");
  }
  const schedules = await running.api("a").list(veleroPath("schedules"));
  assert.deepEqual(
    schedules.map(({ metadata, status }) => `${metadata.name} ${String(status?.["phase"])}`).sort(),
    SCHEDULES.map((name) => `${name} Enabled`),
  );
  assert.deepEqual(await running.api("b").list(veleroPath("schedules")), []);
  // What Velero has written into them since is nobody's change.
  await velero.stack.mustPulumi(["refresh", "--yes", "--skip-preview"]);
  await velero.stack.mustPulumi(["preview", "--expect-no-changes", ...VELERO_POLICY]);
  return `${SCHEDULES.join(" and ")} Enabled; location Available at both sites; after a refresh nothing is to be changed`;
}

const document = z.object({
  ok: z.boolean(),
  record: z.object({
    verdict: z.string(),
    findings: z.array(z.string()),
    backup: z.object({ label: z.string() }).optional(),
    measured: z.object({ rtoSeconds: z.number().optional() }),
    steps: z.array(z.object({ id: z.string(), outcome: z.string(), detail: z.string().optional() })),
  }),
});
type Recorded = z.output<typeof document>["record"];

/** A call of `pgkeep velero` that leaves a record. */
async function veleroCall(running: KubernetesLab, code: number, ...args: string[]): Promise<Recorded> {
  const outcome = await running.operator.velero(...args);
  assert.equal(outcome.code, code, `${args.join(" ")}: ${outcome.stdout}\n${outcome.stderr}`);
  return document.parse(JSON.parse(outcome.stdout)).record;
}

async function backedUp(running: KubernetesLab): Promise<string> {
  running.operator.keepPlan(await running.mustPulumi(["stack", "output", "recoveryPlan", "--json"]));
  // Nothing here can snapshot a volume, and Velero passes over what it cannot: without errors.
  const lacking = await veleroCall(running, 1, "backup");
  assert.match(
    lacking.findings.join(),
    /lacks what volumes hold: 0 of \d+ were snapshot \(.*data-orders-a-0/,
  );
  const record = await veleroCall(running, 0, "backup", "--objects-only");
  assert.deepEqual(
    record.steps.map(({ id, outcome }) => `${id} ${outcome}`),
    ["V1 passed", "V2 passed", "V3 passed"],
  );
  const name = record.backup?.label ?? "";
  const backup = await must(running.api("a").get(veleroPath("backups", name)));
  const status = backupStatus.parse(backup.status);
  const said = JSON.stringify(status);
  assert.deepEqual([status.phase, status.errors], ["Completed", 0], said);
  assert.equal(status.progress.itemsBackedUp, status.progress.totalItems, said);
  assert.ok(status.progress.totalItems > 20, "the namespace is in it");
  assert.equal(backup.metadata.labels?.["velero.io/schedule-name"], SCHEDULES[0]);
  assert.deepEqual(backup.spec?.["includedNamespaces"], [NAMESPACE]);
  const seen = await must(running.api("b").get(veleroPath("backups", name)));
  assert.deepEqual(backupStatus.parse(seen.status), status, "the second cluster sees the same");
  return `${name}: Completed, ${status.progress.totalItems} objects, 0 errors, ${status.warnings} warnings, seen at site b; without --objects-only it fails: no volume was snapshot`;
}

/** What of a backup's status is looked at; what is 0 does not stand there. */
const backupStatus = z.object({
  phase: z.string(),
  errors: z.number().default(0),
  warnings: z.number().default(0),
  startTimestamp: z.string(),
  completionTimestamp: z.string(),
  progress: z.object({ itemsBackedUp: z.number(), totalItems: z.number() }),
});

async function readOnly(running: KubernetesLab): Promise<string> {
  const { code, stdout, stderr } = await running.operator.velero("backup", "--site", "b");
  assert.equal(code, 3, stdout + stderr);
  assert.match(stdout + stderr, /site b has no schedule orders-daily/);
  // Velero says the same, and makes nothing of it; this is what a schedule there would come to, again and again.
  const name = "into-read-only";
  await running.velero
    .server("b")
    .command("backup", "create", name, "--include-namespaces", NAMESPACE, "--wait");
  const { status } = await must(running.api("b").get(veleroPath("backups", name)));
  assert.equal(status?.["phase"], "FailedValidation");
  assert.match(JSON.stringify(status["validationErrors"]), /read-only/);
  const problems = await statusProblems(running);
  assert.deepEqual(problems, [`schedule ${NAMESPACE}-weekly of site a has no backup`]);
  return `pgkeep refuses a backup there, and Velero too: ${JSON.stringify(status["validationErrors"])}`;
}

async function statusProblems(running: KubernetesLab): Promise<readonly string[]> {
  const { stdout } = await running.operator.velero("status");
  return z.object({ problems: z.array(z.string()) }).parse(JSON.parse(stdout)).problems;
}

async function drilled(running: KubernetesLab): Promise<string> {
  const record = await restoring(running, "restore", "--into", DRILL, "--ready");
  assert.deepEqual(
    record.steps.map(({ id, outcome }) => `${id} ${outcome}`),
    ["R1", "R2", "R3", "R4", "R5", "R6", "R7"].map((id) => `${id} passed`),
  );
  const detail = record.steps.find(({ id }) => id === "R6")?.detail ?? "";
  const equal = Number(/^(\d+) objects are equal/.exec(detail)?.[1]);
  const brought = await countObjects((path) => running.api("a").list(path), NAMESPACE, [
    "services",
    "networkpolicies",
  ]);
  assert.equal(equal, brought, "every object but what a drill leaves out");
  const api = running.api("b");
  assert.equal(await api.get(`/api/v1/namespaces/${DRILL}`), undefined);
  assert.deepEqual(await api.list(veleroPath("restores")), []);
  assert.ok((await running.api("b").list("/api/v1/persistentvolumes")).length > 0, "the standby's own stay");
  assert.deepEqual(await volumesOf(running, DRILL), []);
  return `${detail}; RTO ${record.measured.rtoSeconds?.toFixed(1)} s; its namespace, restore and volumes are gone`;
}

async function recovered(running: KubernetesLab): Promise<string> {
  const all = ["--everything", "--confirm", RECOVERED];
  const record = await restoring(running, "restore", "--into", RECOVERED, "--ready", ...all);
  const [restore, ...more] = await running.api("b").list(veleroPath("restores"));
  assert.deepEqual(more, []);
  assert.deepEqual([restore?.status?.["phase"], restore?.status?.["errors"] ?? 0], ["Completed", 0]);
  const compared = await compareNamespaces(
    (path) => running.api("a").list(path),
    NAMESPACE,
    (path) => running.api("b").list(path),
    RECOVERED,
  );
  await running.api("b").delete(`/api/v1/namespaces/${RECOVERED}`);
  await until("the recovered namespace is gone", PATIENCE, async () =>
    (await running.api("b").get(`/api/v1/namespaces/${RECOVERED}`)) === undefined ? true : undefined,
  );
  return `Completed, 0 errors, ${compared} objects equal, services and policies among them; RTO ${record.measured.rtoSeconds?.toFixed(1)} s`;
}

/** A restore by `pgkeep`; where it fails, what Velero has to say is part of the error. */
async function restoring(running: KubernetesLab, ...args: string[]): Promise<Recorded> {
  try {
    return await veleroCall(running, 0, ...args);
  } catch (error) {
    const server = running.velero.server("b");
    const restores = await running.api("b").list(veleroPath("restores"));
    const logs = restores.map(({ metadata: { name } }) =>
      server
        .command("restore", "logs", name, ...running.velero.trusting)
        .catch((problem: unknown) => String(problem)),
    );
    const telling = (await Promise.all(logs))
      .join("\n")
      .split("\n")
      .filter((line) => !line.includes("level=info"));
    throw new Error(`${(error as Error).message}\n${telling.join("\n")}`, { cause: error });
  }
}

async function volumesOf(running: KubernetesLab, namespace: string): Promise<readonly string[]> {
  const all = await running.api("b").list("/api/v1/persistentvolumes");
  return all
    .filter(({ spec }) => (spec?.["claimRef"] as { namespace?: string } | undefined)?.namespace === namespace)
    .map(({ metadata }) => metadata.name);
}

async function must(object: Promise<ApiObject | undefined>): Promise<ApiObject> {
  const found = await object;
  if (found === undefined) throw new ApiError(404, `nothing in ${VELERO_NAMESPACE}`);
  return found;
}
