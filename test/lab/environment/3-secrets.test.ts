import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Secrets } from "../../../components/declaration/index.js";
import type { Lab } from "../../../lab/hosts/lab.js";
import { HYPERVISORS } from "../../../lab/hosts/topology.js";
import { POLICY } from "../../../lab/run/bring-up.js";
import { enginePlaces, mustPulumi, ON_STACK } from "../../../lab/run/engine.js";
import { collectReport } from "../../../lab/run/main-job.js";
import { silent } from "../../../lab/progress.js";
import { nodeRoot, PATIENCE, runningEnvironment } from "./shared.js";

/** Every secret text of the environment, by the place where it stands; long ones by a line in their middle. */
function needles(secrets: Secrets): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) {
      for (const [key, part] of Object.entries(value)) walk(`${path}.${key}`, part);
      return;
    }
    const lines = String(value).trim().split("\n");
    found.set(path, lines[Math.floor(lines.length / 2)] ?? "");
  };
  for (const [key, value] of Object.entries(secrets)) if (key !== "authority") walk(key, value);
  for (const path of [...found.keys()]) if (/\.(certificate|public)$/.test(path)) found.delete(path);
  return found;
}

/** All files below a folder that are small enough to hold text, without what is another machine's disk. */
function textFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(qcow2|fd)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size < 32 * 1024 * 1024);
}

describe("secrets of the lab's environment", function () {
  this.timeout(PATIENCE);
  let lab: Lab;
  let secrets: Map<string, string>;

  before(async () => {
    ({ lab } = await runningEnvironment());
    const text = await mustPulumi(lab, ["config", "get", "pgkeep:secrets", ...ON_STACK]);
    secrets = needles(JSON.parse(text) as Secrets);
    assert.ok(secrets.size >= 10, `there are secrets to look for: ${[...secrets.keys()].join(", ")}`);
  });

  function assertAbsent(place: string, text: string): void {
    for (const [path, needle] of secrets)
      assert.ok(!text.includes(needle), `${path} stands in clear in ${place}`);
  }

  it("are found by this search when planted", () => {
    const [first = ""] = secrets.values();
    assert.throws(
      () => assertAbsent("a planted place", `before ${first} after`),
      /stands in clear in a planted place/,
    );
  });

  it("stand nowhere in the engine's state and configuration", () => {
    const places = enginePlaces(lab);
    for (const file of [...textFiles(places.state), places.config])
      assertAbsent(file, readFileSync(file, "utf8"));
  });

  it("stand nowhere in what the engine prints", async () => {
    for (const args of [
      ["preview", "--diff", ...POLICY],
      ["stack", "export"],
      ["stack", "output", "--json"],
    ]) {
      assertAbsent(`pulumi ${args.join(" ")}`, await mustPulumi(lab, [...args, ...ON_STACK]));
    }
  });

  it("stand in no log, plan, seed, unit or evidence of a hypervisor, only in files for root alone", async () => {
    for (const host of HYPERVISORS) {
      const dir = nodeRoot(lab, host);
      for (const part of ["etc", "var/log", "var/lib/pgkeep", "var/lib/libvirt", "root", "home", "tmp"]) {
        for (const file of textFiles(join(dir, part))) {
          // The lab's own name server and host keys are none of the environment's business.
          if (file.includes("/etc/bind/") || file.includes("/etc/ssh/ssh_host_")) continue;
          const private_ = /\/etc\/pgkeep\/(secrets\/|.*_ed25519$)/.test(file);
          if (!private_) assertAbsent(file, readFileSync(file, "latin1"));
          else assert.equal(statSync(file).mode & 0o077, 0, `${file} is for root alone`);
        }
      }
    }
  });

  it("stand in no process list while guests are configured again", async () => {
    const seen = new Set<string>();
    let looking = true;
    const look = (async () => {
      // Bounded by the configuration below, which the engine ends or its limit does.
      while (looking) {
        for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
          try {
            seen.add(readFileSync(`/proc/${pid}/cmdline`, "latin1"));
          } catch {
            // The process ended between the two calls.
          }
        }
        await new Promise((wake) => setTimeout(wake, 100));
      }
    })();
    const configured = mustPulumi(lab, [
      "up",
      "--yes",
      "--skip-preview",
      "--replace",
      "**GuestConfiguration**",
      ...ON_STACK,
    ]);
    const text = await configured.finally(() => {
      looking = false;
    });
    await look;
    assert.match(text, /[1-9]\d* replaced/, "guests were configured again");
    assert.ok(
      [...seen].some((words) => words.includes("resource-command-v")),
      "the processes that configure were seen",
    );
    assertAbsent("a process's arguments", [...seen].join("\n"));
  });

  it("stand nowhere in the report and the evidence", async () => {
    const dir = mkdtempSync(join(tmpdir(), "pgkeep-report-"));
    try {
      await collectReport(lab, dir, silent);
      for (const name of ["report.html", "evidence.jsonl", "table.txt"])
        assertAbsent(name, readFileSync(join(dir, name), "utf8"));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
