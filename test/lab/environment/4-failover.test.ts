import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../../lab/hosts/lab.js";
import type { NodeName } from "../../../lab/hosts/topology.js";
import { checkoutRoot } from "../../../lab/places.js";
import { labEnvironment, writeStackFile } from "../../../lab/run/declaration.js";
import { enginePlaces, mustPulumi, ON_STACK } from "../../../lab/run/engine.js";
import { POLICY } from "../../../lab/run/bring-up.js";
import { mustPgkeep, pgkeep } from "../../../lab/run/host-command.js";
import type { EvidenceRecord } from "../../../operations/evidence/index.js";
import { HOST_PATHS } from "../../../components/recovery/index.js";
import { nodeRoot, PATIENCE, recorded, runningEnvironment } from "./shared.js";

/** What the hypervisor of the witness sees under this path, seen from outside its mounts. */
const outside = (lab: Lab, path: string): string => join(nodeRoot(lab, "host-w"), path);

/** Where the drill on the hypervisor and this test leave word for each other. */
const WORD = "/var/lib/pgkeep/test-relay";

describe("failover drills on the lab's virtual machines", function () {
  this.timeout(PATIENCE);
  let lab: Lab;

  before(async () => {
    ({ lab } = await runningEnvironment());
    await mustPgkeep(lab, "host-w", ["status", "--wait", "15min"]);
    const repository = await pgkeep(lab, "host-w", ["--json", "--dry-run", "drill", "restore"]);
    if (repository.code !== 0) await mustPgkeep(lab, "host-w", ["backup", "full"]);
  });

  const drill = (...args: string[]): Promise<EvidenceRecord> =>
    recorded(lab, "host-w", "drill", "failover", ...args);

  // Each drill begins where the one before has left the primary: none hands it back, and the last one leaves its member fenced.
  it("synchronous, killed without warning: nothing acknowledged is lost, the old primary stays off", async () => {
    const { measured, objectives, steps } = await drill("--no-failback");
    assert.deepEqual([measured.rpoRows, measured.rpoSeconds], [0, 0]);
    assert.ok((measured.rtoSeconds ?? Number.NaN) <= (objectives?.rtoSeconds ?? 0));
    assert.match(steps.find(({ id }) => id === "F5")?.detail ?? "", /its start was refused/);
  });

  it("the old primary comes back as a standby, and the primary stays where it is", async () => {
    const { steps } = await recorded(lab, "host-w", "failback", "--no-switch-back");
    assert.match(steps.find(({ id }) => id === "K2")?.detail ?? "", /pg-a1 started/);
    assert.match(steps.find(({ id }) => id === "K3")?.detail ?? "", /every standby streams from pg-b1/);
  });

  it("synchronous, cut between the sites: exactly one primary at every moment", async () => {
    const relay = startRelay(lab, "b");
    try {
      const { measured, steps } = await drill(
        ...["--loss", "cut", "--cut-command", ask("cut"), "--heal-command", ask("heal")],
        ...["--probe-command", `pg-b1=sh ${WORD}/probe.sh`],
      );
      assert.equal(measured.rpoRows, 0);
      const proof = steps.find(({ id }) => id === "F5b");
      assert.equal(proof?.outcome, "passed");
      assert.match(proof.detail, /pg-a1 .*pg-b1 /);
    } finally {
      await relay.end();
    }
  });

  it("asynchronous, killed without warning: the loss is told and within what was computed", async () => {
    const { config } = enginePlaces(lab);
    const present = readFileSync(config, "utf8");
    const { input } = labEnvironment(lab, { major: 17, replication: "async" }, present);
    // It stays so for the suites that follow, which do not care.
    writeStackFile(lab, input, present);
    await mustPulumi(lab, ["up", "--yes", "--skip-preview", ...POLICY, ...ON_STACK]);
    await mustPgkeep(lab, "host-w", ["status", "--wait", "15min"]);
    const { measured, computed } = await drill("--no-failback");
    assert.ok(measured.rpoRows !== undefined && measured.rpoSeconds !== undefined);
    assert.ok(measured.rpoSeconds <= (computed?.rpoSeconds ?? 0), `${measured.rpoSeconds} s lost`);
  });
});

/** A shell command, run on the hypervisor, that asks this test for something and waits until it is done. */
function ask(what: string): string {
  return `touch ${WORD}/${what} && for i in $(seq 600); do [ -e ${WORD}/${what}.done ] && exit 0; sleep 0.1; done; exit 1`;
}

/**
 * Does what the drill on a hypervisor cannot: it cuts the wires of a site, and runs the probe there, where an application
 * server stands.
 */
function startRelay(lab: Lab, site: "a" | "b"): { end(): Promise<void> } {
  const word = outside(lab, WORD);
  rmSync(word, { recursive: true, force: true });
  mkdirSync(word, { recursive: true });
  // Holds the place of the probe's process: it asks for the probe, and for its end when its own input closes.
  writeFileSync(
    join(word, "probe.sh"),
    `printf '%s\\n' "$@" > ${WORD}/probe.new; mv ${WORD}/probe.new ${WORD}/probe; cat > /dev/null; touch ${WORD}/probe.end
     for i in $(seq 150); do [ -e ${WORD}/probe.ended ] && exit 0; sleep 0.1; done\n`,
  );
  let probe: ChildProcess | undefined;
  let over = false;
  const watch = async (): Promise<void> => {
    while (!over) {
      for (const [what, action] of [
        ["cut", () => lab.cutSite(site)],
        ["heal", () => lab.healSite(site)],
      ] as const) {
        if (!existsSync(join(word, what)) || existsSync(join(word, `${what}.done`))) continue;
        await action();
        writeFileSync(join(word, `${what}.done`), "");
      }
      if (probe === undefined && existsSync(join(word, "probe")))
        probe = startProbe(
          lab,
          `app-${site}`,
          readFileSync(join(word, "probe"), "utf8").trimEnd().split("\n"),
        );
      if (
        probe !== undefined &&
        existsSync(join(word, "probe.end")) &&
        !existsSync(join(word, "probe.ended"))
      ) {
        probe.stdin?.end();
        if (probe.exitCode !== null) writeFileSync(join(word, "probe.ended"), "");
      }
      await sleep(50);
    }
  };
  const watching = watch();
  return {
    async end() {
      over = true;
      await watching;
      probe?.kill("SIGKILL");
      await lab.healSite(site);
      rmSync(word, { recursive: true, force: true });
    },
  };
}

/** Runs the drill's probe in the network of an application server; files are those of the hypervisor. */
function startProbe(lab: Lab, node: NodeName, args: readonly string[]): ChildProcess {
  const paths = args.map((argument) => (argument.startsWith("/") ? outside(lab, argument) : argument));
  const network = ["nsenter", "-t", String(lab.holder(node).pid), "-n", "--"];
  const program = [process.execPath, "--import", "tsx", join(checkoutRoot(), "operations", "cli.ts")];
  const [first = "", ...rest] = [...network, ...program, "--plan", outside(lab, HOST_PATHS.plan), ...paths];
  return spawn(first, rest, { cwd: checkoutRoot(), stdio: ["pipe", "ignore", "inherit"] });
}
