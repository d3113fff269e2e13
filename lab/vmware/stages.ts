import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VCENTER_SITES, type VCenterSite } from "../endpoints/vcenter/index.js";
import { HYPERVISORS, type HypervisorName } from "../hosts/topology.js";
import type { Progress } from "../progress.js";
import { clientNow } from "../../operations/adapters/writing-client.js";
import type { VmSnapshotResult } from "../../operations/jobs/vsphere-snapshot/index.js";
import { canariesOf, ensureSchema } from "../../operations/jobs/recovery/canary.js";
import { pgkeepOn } from "./operations.js";
import { NsxView } from "./nsx-view.js";
import { VMWARE_POLICY, type VmwareLab } from "./running.js";

/** Milliseconds for which the application writes before; and after, since an attempt at a dead address takes it ten seconds. */
const BEFORE = 5000;
const AFTER = 25_000;

/** Seconds until members must stream, and for what else is waited for. */
const PATIENCE = 180;

/** Options of every update: it is judged, and asks nobody. */
export const UP = ["up", "--yes", "--skip-preview", ...VMWARE_POLICY];

/** One thing that the laboratory shows. */
export interface Stage {
  readonly title: string;
  /** Seconds that it takes on two cores. */
  readonly expected: number;
  /** Does it, proves it, and says in a line what was seen. */
  readonly run: (running: VmwareLab, progress: Progress) => Promise<string>;
}

/** What happens, in order; each one stands on those before it. */
export const STAGES: readonly Stage[] = [
  { title: "pulumi up of both sites under the policy pack", expected: 60, run: up },
  { title: "cluster healthy", expected: 20, run: healthy },
  { title: "a second preview changes nothing", expected: 20, run: nothingToDo },
  { title: "a changed and a removed rule, applied exactly", expected: 30, run: changeRules },
  { title: "a rule edited behind our back is found and put right", expected: 50, run: drift },
  { title: "VM snapshot", expected: 15, run: snapshot },
  { title: "recovery plan: test, failover, reprotection and back", expected: 120, run: recovery },
  { title: "a member powered off in vCenter: automatic failover", expected: 90, run: failover },
  { title: "pulumi destroy leaves nothing in any endpoint", expected: 60, run: destroy },
];

async function up(running: VmwareLab, progress: Progress): Promise<string> {
  const said = await running.mustPulumi(UP, {
    onLine: (line) => {
      if (/ created \(| updated \(| deleted \(/.test(line)) progress(`  ${line.trim()}`);
    },
  });
  return /\+ (\d+) created/.exec(said)?.[0] ?? "up";
}

async function healthy(running: VmwareLab): Promise<string> {
  const members = await running.members(
    PATIENCE,
    (all) =>
      all.some(({ role, state }) => role === "Leader" && state === "running") &&
      all.some(({ role, state }) => role === "Replica" && state === "streaming"),
  );
  return members.map(({ name, role, state }) => `${name} ${role} ${state}`).join(", ");
}

async function nothingToDo(running: VmwareLab): Promise<string> {
  const said = await running.mustPulumi(["preview", "--expect-no-changes", ...VMWARE_POLICY]);
  await running.mustPulumi([...UP, "--refresh", "--expect-no-changes"]);
  return /(\d+) unchanged/.exec(said)?.[0] ?? "unchanged";
}

async function changeRules(running: VmwareLab): Promise<string> {
  const nsx = viewOf(running);
  const before = await nsx.rules();
  assert.ok(before.has("access.reporting"), "reports may connect at first");
  running.declare((input) => {
    const { access } = input;
    if (access?.groups === undefined || access.rules === undefined) throw new Error("no access is declared");
    access.groups = access.groups
      .filter(({ name }) => name !== "reporting")
      .map((group) => (group.name === "app" ? { ...group, networks: ["10.77.1.201/32"] } : group));
    access.rules = access.rules.filter(({ from }) => from !== "reporting");
  });
  await running.mustPulumi(UP);
  const after = await nsx.rules();
  before.delete("access.reporting");
  assert.deepEqual([...after], [...before], "all other rules are as they were");
  assert.deepEqual(await nsx.addresses("declared.app"), ["10.77.1.201/32"]);
  return `rule access.reporting is gone, group app has one address less, ${after.size} rules stay`;
}

async function drift(running: VmwareLab): Promise<string> {
  const nsx = viewOf(running);
  const before = await nsx.rules();
  await nsx.edit("access.app", { action: "DROP" });
  const said = await running.mustPulumi(["preview", "--refresh", "--json"]);
  const { steps } = JSON.parse(said.slice(said.indexOf("{"))) as { steps: { op: string; urn: string }[] };
  const changes = steps
    .filter(({ op }) => op === "update" || op === "replace")
    .map(({ urn }) => urn.split("::")[2]?.split("$").at(-1));
  assert.deepEqual(
    changes,
    ["pulumi-nodejs:dynamic/nsx:FirewallIntent"],
    "the refresh finds the rule and nothing else",
  );
  await running.mustPulumi([...UP, "--refresh"]);
  assert.deepEqual([...(await nsx.rules())], [...before]);
  return "the refresh found the firewall alone, the update put it right";
}

async function snapshot(running: VmwareLab, progress: Progress): Promise<string> {
  const said = await pgkeepOn(running, "host-a", ["--json", "snapshot", "pg-a1"], {}, progress);
  const { copy, record } = JSON.parse(said) as VmSnapshotResult;
  const tree = await running.govc("a", "snapshot.tree", "-vm", `/DC0/vm/pgkeep-orders-a/pg-a1`);
  assert.ok(tree.includes(copy), "vCenter shows it");
  const checkpoint = record.steps.find(({ id }) => id === "checkpoint")?.detail ?? "";
  assert.match(checkpoint, /^at [0-9A-F]+\/[0-9A-F]+ on timeline \d+, before the freeze$/);
  return `${copy}, checkpoint ${checkpoint}`;
}

/** Plan of SRM: tested, run to the other site, turned round, and brought back, so that what is declared holds again. */
async function recovery(running: VmwareLab, progress: Progress): Promise<string> {
  const runbook = await running.mustPulumi(["stack", "output", "runbook", "--json"]);
  await running.lab.mustExecIn("host-b", ["sh", "-c", "cat >/etc/pgkeep/srm-runbook.json"], {
    stdin: runbook,
  });
  const confirm = ["--confirm", "pgkeep-lab"];
  for (const command of [
    ["test"],
    ["cleanup"],
    ["run", "--planned", ...confirm],
    ["reprotect", ...confirm],
    ["run", "--planned", ...confirm],
    ["reprotect", ...confirm],
  ])
    await pgkeepOn(
      running,
      "host-b",
      ["recovery-plan", ...command, "--every", "1"],
      running.srmEnvironment,
      progress,
    );
  await running.mustPulumi([...UP, "--refresh", "--expect-no-changes"]);
  return "tested, failed over and back, as declared again";
}

async function failover(running: VmwareLab): Promise<string> {
  const { environment } = running.plan;
  await ensureSchema(running.database("pg-a1"), environment);
  const application = running.application();
  await new Promise((wake) => setTimeout(wake, BEFORE));
  const lost = clientNow();
  await running.govc("a", "vm.power", "-off", "-force", "/DC0/vm/pgkeep-orders-a/pg-a1");
  await running.members(PATIENCE, (all) =>
    all.some(({ name, role, state }) => name === "pg-b1" && role === "Leader" && state === "running"),
  );
  await new Promise((wake) => setTimeout(wake, AFTER));
  const events = await application.stop();
  const acknowledged = events.flatMap((event) => (event.kind === "ack" ? [event] : []));
  const first = acknowledged.find(({ sent }) => sent > lost + 1000);
  if (first === undefined) {
    const reasons = new Set(events.flatMap((event) => (event.kind === "fail" ? [event.reason] : [])));
    throw new Error(`the application wrote nothing after the failover: ${[...reasons].join("; ")}`);
  }
  const kept = new Set(await canariesOf(running.database("pg-b1"), environment, "lab"));
  const missing = acknowledged.filter(({ sequence }) => !kept.has(sequence)).length;
  const seconds = (first.acked - lost) / 1000;
  await running.govc("a", "vm.power", "-on", "/DC0/vm/pgkeep-orders-a/pg-a1");
  await running.members(PATIENCE, (all) =>
    all.some(({ name, role, state }) => name === "pg-a1" && role === "Replica" && state === "streaming"),
  );
  return `writes again after ${seconds.toFixed(1)} s, ${missing} of ${acknowledged.length} acknowledged rows lost; pg-a1 came back as standby`;
}

async function destroy(running: VmwareLab): Promise<string> {
  const refused = await running.pulumi(["destroy", "--yes", "--skip-preview"]);
  assert.notEqual(refused.code, 0, "protected VMs are not destroyed");
  running.declare(() => undefined, { "pgkeep:protect": false });
  // Without the pack, which would block this.
  await running.mustPulumi(["up", "--yes", "--skip-preview"]);
  await running.mustPulumi(["destroy", "--yes", "--skip-preview"]);
  const left = await leftovers(running);
  assert.deepEqual(left, [], "something is left");
  return "no VM, folder, pool, role, tag, rule, group, plan or file is left";
}

/** Everything of the cluster that any endpoint or operations host still has. */
export async function leftovers(running: VmwareLab): Promise<string[]> {
  const found: string[] = [];
  for (const site of VCENTER_SITES) found.push(...(await inVcenter(running, site)));
  for (const thing of await viewOf(running).everything()) found.push(`NSX: ${thing}`);
  found.push(...(await running.endpoints.srmInventory()).map((thing) => `SRM: ${thing}`));
  for (const host of HYPERVISORS) found.push(...(await onHost(running, host)));
  found.push(...running.hardware.running.map((name) => `a machine of ${name} runs`));
  return found;
}

async function inVcenter(running: VmwareLab, site: VCenterSite): Promise<string[]> {
  const lines = async (...args: string[]): Promise<string[]> =>
    (await running.govc(site, ...args))
      .split("\n")
      .filter((line) => /pgkeep|orders|pg-[ab]1|\bw1\b/.test(line) && !line.includes("pgkeep-guest"));
  const all = [
    ...(await lines("find", "/", "-type", "m")),
    ...(await lines("find", "/", "-type", "f")),
    ...(await lines("find", "/", "-type", "p")),
    ...(await lines("role.ls")),
    ...(await lines("tags.category.ls")),
  ];
  return all.map((line) => `vCenter ${site}: ${line}`);
}

async function onHost(running: VmwareLab, host: HypervisorName): Promise<string[]> {
  const said = await running.lab.mustExecIn(host, [
    "sh",
    "-c",
    "ls /etc/pgkeep/plan.json /etc/pgkeep/secrets/* /etc/systemd/system/pgkeep-* 2>/dev/null || true",
  ]);
  return said
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `${host}: ${line}`);
}

function viewOf(running: VmwareLab): NsxView {
  return new NsxView(running, "pgkeep-orders");
}

/** Evidence that the operations hosts hold, by host. */
export function evidenceOf(running: VmwareLab): Map<HypervisorName, string> {
  const found = new Map<HypervisorName, string>();
  for (const host of HYPERVISORS) {
    const file = join(running.dir, "nodes", host, "var/lib/pgkeep/evidence/evidence.jsonl");
    try {
      found.set(host, readFileSync(file, "utf8"));
    } catch {
      // A host that ran no job has none.
    }
  }
  return found;
}
