import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLab, stopLab } from "../../../lab/hosts/lab.js";
import { withLock } from "../../../lab/hosts/lock.js";
import { formatIdentity, identify, ownIdentity, RUN_MARK } from "../../../lab/processes.js";
import { silent } from "../../../lab/progress.js";
import { endLeftovers } from "../../../lab/run/test-leftovers.js";
import { nothing, temporaryLab, traces } from "./machine.js";

const MODULES = join(__dirname, "../../../lab/hosts");

/** Identity of a run that is over. */
async function deadRun(): Promise<string> {
  const child = spawn("sleep", ["60"]);
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  child.kill("SIGKILL");
  await once(child, "exit");
  return formatIdentity(identity);
}

function sleeper(run: string): ChildProcess {
  return spawn("sleep", ["60"], { env: { ...process.env, [RUN_MARK]: run }, stdio: "ignore" });
}

describe("lab: what runs of tests leave", function () {
  this.timeout(300_000);

  it("is ended when its run is over, and left alone while another run is alive", async () => {
    const left = sleeper(await deadRun());
    const parent = identify(process.ppid);
    assert.ok(parent);
    const alive = sleeper(formatIdentity(parent));
    try {
      await Promise.all([once(left, "exit"), endLeftovers(silent)]);
      assert.equal(left.signalCode, "SIGKILL");
      assert.ok(identify(alive.pid ?? 0), "the other run's process lives");
    } finally {
      left.kill("SIGKILL");
      alive.kill("SIGKILL");
    }
  });

  it("a lab goes with its folder", async () => {
    const { dir, remove } = temporaryLab();
    const program = `require(${JSON.stringify(join(MODULES, "lab.ts"))}).startLab({dir: ${JSON.stringify(dir)}})`;
    const starter = spawn(process.execPath, ["--import", "tsx", "-e", program], {
      env: { ...process.env, [RUN_MARK]: await deadRun() },
      stdio: "ignore",
    });
    try {
      await once(starter, "exit");
      assert.ok(existsSync(join(dir, "lab.json")), "the lab was up");
      await endLeftovers(silent);
      assert.deepEqual(traces(dir), nothing);
    } finally {
      await stopLab({ dir });
      remove();
    }
  });
});

describe("lab: two at once", function () {
  this.timeout(300_000);

  it("one works, the other waits; a lock goes with the process that held it and leaves nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pgkeep-lock-"));
    try {
      const program = `require(${JSON.stringify(join(MODULES, "lock.ts"))}).withLock(${JSON.stringify(folder)}, 5, () => { console.log("mine"); return new Promise(() => setInterval(() => {}, 1000)); })`;
      const other = spawn(process.execPath, ["--import", "tsx", "-e", program], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      await once(other.stdout, "data");
      await assert.rejects(
        withLock(folder, 1, () => Promise.resolve()),
        /another process has been starting or stopping a lab in .* for 1 s/,
      );
      other.kill("SIGKILL");
      assert.equal(await withLock(folder, 20, () => Promise.resolve(ownIdentity().pid)), process.pid);
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("a lab that runs another checkout's code is not taken for one's own", async () => {
    const { dir, remove } = temporaryLab();
    try {
      await startLab({ dir });
      const file = join(dir, "lab.json");
      const record = JSON.parse(readFileSync(file, "utf8")) as { checkout: object };
      const claim = (checkout: object): void => writeFileSync(file, JSON.stringify({ ...record, checkout }));
      claim({ path: tmpdir(), inode: statSync(tmpdir()).ino });
      await assert.rejects(startLab({ dir }), /runs the code of .*make lab-down/);
      // As after the clone was deleted and made again.
      claim({ ...record.checkout, inode: 1 });
      await startLab({ dir });
      assert.deepEqual(
        (JSON.parse(readFileSync(file, "utf8")) as { checkout: object }).checkout,
        record.checkout,
      );
    } finally {
      await stopLab({ dir });
      remove();
    }
  });
});
