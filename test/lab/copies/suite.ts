import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, it } from "mocha";
import type { RecoveryPlan } from "../../../components/recovery/index.js";
import { labState, startLab, stopLab, type Lab } from "../../../lab/hosts/lab.js";
import type { HypervisorName } from "../../../lab/hosts/topology.js";
import { ensureImage, type GuestImage } from "../../../lab/images/build.js";
import { cacheDir } from "../../../lab/places.js";
import { silent, toStderr, type Progress } from "../../../lab/progress.js";
import { mustRun, type Outcome } from "../../../lab/subprocess.js";
import { BareGuest } from "./bare.js";
import { GUEST, labPlan } from "./environment.js";
import { makeSlimDisk, SLIM } from "./image.js";
import { setUpGuest, startGuest } from "./guest.js";

/** With PGKEEP_TEST_GUEST=bare the guest has no operating system: then a copy takes seconds, and nothing boots. */
const bare = process.env["PGKEEP_TEST_GUEST"] === "bare";
/** With PGKEEP_TEST_LONG=1 the tests that copy dozens of times run on a guest with a system, too: hours under emulation. */
const long = process.env["PGKEEP_TEST_LONG"] === "1";

/** What the tests of this run are made on, for their titles. */
export const GUEST_KIND = bare ? "a guest without a system" : "a real guest";

/** A test that copies dozens of times. */
export function itOften(title: string, test: Mocha.AsyncFunc): void {
  if (bare || long) it(title, test);
}

/** A test that needs an operating system in the guest, or its size. */
export function itBooted(title: string, test: Mocha.AsyncFunc): void {
  if (!bare) it(title, test);
}

/** How a job is run. */
export interface RunOptions {
  /** The process dies right after this step. */
  readonly dieAt?: string;
  /** The process is killed after so many seconds. */
  readonly killAfter?: number;
  /** Injected clock. */
  readonly now?: string;
  readonly host?: HypervisorName;
}

/** Rows of the tables that the writer fills. */
export interface Ledger {
  readonly newest: number;
  readonly sum: number;
  /** Accounts whose balance is not what their transfers say. */
  readonly wrong: number;
}

const LEDGER = `SELECT (SELECT coalesce(max(id), 0) FROM transfer), (SELECT sum(balance) FROM account),
  (SELECT count(*) FROM account a WHERE balance <> 1000
     + (SELECT coalesce(sum(amount), 0) FROM transfer WHERE target = a.id)
     - (SELECT coalesce(sum(amount), 0) FROM transfer WHERE source = a.id)),
  (SELECT count(bt_index_check(indexrelid, true)) FROM pg_index WHERE indrelid IN ('transfer'::regclass, 'account'::regclass))`;

/** A lab of our own with one guest, shared by the tests of copies. */
export class Suite {
  constructor(
    readonly lab: Lab,
    readonly plan: RecoveryPlan,
    readonly image: GuestImage,
    /** Present when the guest has no operating system. */
    readonly bare?: BareGuest,
  ) {}

  /** Runs `pgkeep`, as built, on a hypervisor. */
  async pgkeep(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { dieAt, killAfter, now, host = "host-a" } = options;
    return this.lab.execIn(host, [
      ...(killAfter === undefined ? [] : ["timeout", "--foreground", "-s", "KILL", String(killAfter)]),
      ...["env", "PGKEEP_TEST=1", `PGKEEP_DIE_AT=${dieAt ?? ""}`],
      // Not the command on the path, whose shell would be what is killed.
      ...["/srv/pgkeep/node", "/srv/pgkeep/checkout/dist/operations/cli.js"],
      ...(now === undefined ? [] : ["--now", now]),
      ...args,
    ]);
  }

  /** Runs it and expects success; gives the document. */
  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    const outcome = await this.pgkeep(["--json", ...args], options);
    assert.equal(outcome.code, 0, outcome.stderr);
    return JSON.parse(outcome.stdout) as T;
  }

  /** Runs it so that it dies at a step; it must have come there. */
  async die(args: readonly string[], dieAt: string, now?: string): Promise<void> {
    const outcome = await this.pgkeep(args, now === undefined ? { dieAt } : { dieAt, now });
    assert.equal(outcome.code, 137, `did not die at ${dieAt}: code ${outcome.code}\n${outcome.stderr}`);
  }

  /** A shell command on a hypervisor. */
  on(host: HypervisorName, script: string, ...args: string[]): Promise<string> {
    return this.lab.mustExecIn(host, ["sh", "-euc", script, "sh", ...args]);
  }

  /** What the guest's database, or that of a copy, says through the guest agent. */
  async ask(domain: string = GUEST, host: HypervisorName = "host-a"): Promise<Ledger> {
    if (this.bare !== undefined) return this.bare.write();
    const script = `runuser -u postgres -- psql -XAtqF ' ' -c "${LEDGER}"`;
    const outcome = await this.pgkeep(["guest", "exec", domain, "--host", host, "--", "sh", "-c", script], {
      host,
    });
    assert.equal(outcome.code, 0, outcome.stderr);
    return ledger(outcome.stdout);
  }

  /** Starts the database of a copy on this machine, from its images, and asks the same. Images are paths on the host. */
  async askCopy(host: "host-a" | "host-b", directory: string): Promise<Ledger> {
    if (this.bare !== undefined) return this.bare.read(host, directory);
    const work = join(this.lab.dir, "native-check");
    const path = (name: string): string => join(this.lab.dir, "nodes", host, directory, name);
    try {
      const script = join(__dirname, "native-check.sh");
      const args = [script, this.image.rootfs, path("vdb.qcow2"), path("vdc.qcow2"), work, LEDGER];
      return ledger((await mustRun("sh", args)).replaceAll("|", " "));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Everything that a job must leave as it found it: disks, jobs, file systems, overlays. */
  async assertUntouched(): Promise<void> {
    const state = await this.on(
      "host-a",
      `virsh -q domblklist ${GUEST} | awk '{print $2}'; virsh domstate ${GUEST}; virsh domjobinfo ${GUEST}; ${this.bare === undefined ? `virsh domfsthaw ${GUEST}` : "echo Thawed 0 filesystem"}
       find /var/lib/libvirt/pgkeep -name '*.pgkeep-*' | sed 's/^/leftover /'`,
    );
    const disks = this.plan.guests.find(({ name }) => name === GUEST)?.disks.map(({ path }) => path);
    assert.deepEqual(state.split("\n").slice(0, 3), disks);
    assert.match(state, /^running$/m);
    assert.match(state, /^Job type: +None/m);
    assert.match(state, /^Thawed 0 filesystem/m);
    assert.doesNotMatch(state, /^leftover/m);
  }
}

/** The sum is kept, every balance is explained by the transfers, nothing that was acknowledged before is missing. */
export function assertLedger(found: Ledger, before: Ledger): void {
  assert.equal(found.sum, 100_000);
  assert.equal(found.wrong, 0);
  assert.ok(
    found.newest >= before.newest,
    `transfer ${before.newest} was acknowledged, the copy ends at ${found.newest}`,
  );
}

function ledger(text: string): Ledger {
  const [newest, sum, wrong] = text.trim().split(/\s+/).map(Number);
  assert.ok(newest !== undefined && sum !== undefined && wrong !== undefined, `no answer: ${text}`);
  return { newest, sum, wrong };
}

let shared: Promise<Suite> | undefined;
const dir = join(cacheDir(), bare ? "lab-copies-bare" : "lab-copies");
const keep = process.env["PGKEEP_KEEP_LAB"] === "1";

/** The suite's lab with its guest up and its writer writing; made by the first who asks, removed when all tests have ended. */
export function suite(): Promise<Suite> {
  shared ??= start(process.env["PGKEEP_TEST_PROGRESS"] === undefined ? silent : toStderr);
  return shared;
}

async function start(progress: Progress): Promise<Suite> {
  const image = await ensureImage(17, progress);
  // For whoever works on these tests: keep the lab and go on with it.
  const running = keep && !bare ? labState({ dir }) : undefined;
  if (running !== undefined) return new Suite(running, labPlan(running, { quiesce: true }), image);
  await stopLab({ dir });
  const lab = await startLab({ dir }, progress);
  const plan = labPlan(lab, { quiesce: !bare });
  for (const host of ["host-a", "host-b", "host-w"] as const) {
    const put = (path: string, stdin: string | Buffer): Promise<string> =>
      lab.mustExecIn(host, ["sh", "-euc", 'umask 077; mkdir -p "$(dirname "$1")"; cat > "$1"', "sh", path], {
        stdin,
      });
    await put("/etc/pgkeep/plan.json", JSON.stringify(plan));
    await put("/etc/pgkeep/known_hosts", readFileSync(lab.knownHosts));
    await put("/etc/pgkeep/secrets/operations_ed25519", readFileSync(lab.privateKey));
  }
  if (bare) {
    const guest = new BareGuest(lab);
    await guest.start(plan);
    return new Suite(lab, plan, image, guest);
  }
  // The long tests copy the system disk dozens of times: a smaller one then.
  if (long) await makeSlimDisk(image, join(dir, "nodes", "host-a", SLIM.inNode));
  await startGuest(lab, plan, long ? SLIM.onHost : `/srv/pgkeep/images/${basename(image.dir)}/disk.qcow2`);
  const made = new Suite(lab, plan, image);
  progress("the guest boots");
  await setUpGuest(made);
  progress("the guest's database is up");
  return made;
}

after(async function () {
  this.timeout(120_000);
  if (shared !== undefined && !keep) await stopLab({ dir });
});
