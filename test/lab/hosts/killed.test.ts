import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startLab, stopLab } from "../../../lab/hosts/lab.js";
import { nothing, temporaryLab, traces } from "./machine.js";

describe("lab: a start that is killed", function () {
  this.timeout(900_000);
  const place = temporaryLab();
  const { dir } = place;
  after(async () => {
    await stopLab({ dir });
    place.remove();
  });

  /** Starts a lab in a process of its own and kills that when the moment has come. */
  async function startAndKill(moment: () => boolean): Promise<void> {
    const module = join(__dirname, "../../../lab/hosts/lab.ts");
    const program = `require(${JSON.stringify(module)}).startLab({dir: ${JSON.stringify(dir)}})`;
    const child = spawn(process.execPath, ["--import", "tsx", "-e", program], { stdio: "ignore" });
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    for (const deadline = Date.now() + 300_000; !moment() && child.exitCode === null;) {
      assert.ok(Date.now() < deadline, "the moment never came");
      await new Promise((wake) => setTimeout(wake, 5));
    }
    child.kill("SIGKILL");
    await ended;
  }

  const record = (): { status?: string; holders?: Record<string, string> } => {
    try {
      return JSON.parse(readFileSync(join(dir, "lab.json"), "utf8")) as ReturnType<typeof record>;
    } catch {
      return {};
    }
  };
  const holders = (): number => Object.keys(record().holders ?? {}).length;
  const moments: Readonly<Record<string, () => boolean>> = {
    "while files are laid out": () => record().status === "starting",
    "after the first node": () => holders() >= 1,
    "after the last node": () => holders() === 7,
  };

  for (const [name, moment] of Object.entries(moments)) {
    it(`${name}: stop leaves nothing`, async () => {
      await startAndKill(moment);
      assert.notEqual(record().status, "up");
      await stopLab({ dir });
      assert.deepEqual(traces(dir), nothing);
    });
  }

  it("the next start clears what was left and succeeds, even without the record", async () => {
    await startAndKill(moments["after the last node"] as () => boolean);
    rmSync(join(dir, "lab.json"), { force: true });
    const lab = await startLab({ dir });
    assert.equal((await lab.mustExecIn("host-w", ["hostname"])).trim(), "host-w");
    await stopLab({ dir });
    assert.deepEqual(traces(dir), nothing);
  });

  it("a stop that is killed while it removes files is taken up by the next", async () => {
    await startAndKill(moments["after the last node"] as () => boolean);
    const module = join(__dirname, "../../../lab/hosts/lab.ts");
    const program = `require(${JSON.stringify(module)}).stopLab({dir: ${JSON.stringify(dir)}})`;
    const child = spawn(process.execPath, ["--import", "tsx", "-e", program], { stdio: "ignore" });
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    while (existsSync(join(dir, "lab.json")) && existsSync(join(dir, "nodes")) && child.exitCode === null) {
      await new Promise((wake) => setTimeout(wake, 1));
    }
    child.kill("SIGKILL");
    await ended;
    await stopLab({ dir });
    assert.deepEqual(traces(dir), nothing);
  });

  it("never removes a folder that is not a lab's", async () => {
    const foreign = join(dirname(dir), "foreign");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "thesis.txt"), "years of work");
    await assert.rejects(startLab({ dir: foreign }), /not a folder of the lab.*PGKEEP_LAB_DIR/);
    await assert.rejects(stopLab({ dir: foreign }), /not a folder of the lab/);
    assert.equal(readFileSync(join(foreign, "thesis.txt"), "utf8"), "years of work");
  });

  it("refuses a folder that the hosts would hide from themselves", async () => {
    await assert.rejects(startLab({ dir: "/run/pgkeep-lab-test" }), /lies under \/run/);
  });
});
