import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { EnvironmentInput } from "../../../components/declaration/index.js";
import type { Lab } from "../../../lab/hosts/lab.js";
import { POLICY } from "../../../lab/run/bring-up.js";
import { labEnvironment, writeStackFile } from "../../../lab/run/declaration.js";
import { enginePlaces, mustPulumi, pulumi, ON_STACK } from "../../../lab/run/engine.js";
import { PATIENCE, runningEnvironment } from "./shared.js";

interface PreviewStep {
  readonly op: string;
  readonly urn: string;
}

/** Declares a changed environment, runs `work`, and declares the first one again. */
async function declaring<T>(
  lab: Lab,
  change: (input: EnvironmentInput) => void,
  work: () => Promise<T>,
): Promise<T> {
  const { config } = enginePlaces(lab);
  const before = readFileSync(config, "utf8");
  const { input } = labEnvironment(lab, { major: 17 });
  change(input);
  writeStackFile(lab, input, before);
  try {
    return await work();
  } finally {
    writeStackFile(lab, labEnvironment(lab, { major: 17 }).input, before);
  }
}

/** What the engine would do, without what stays the same. */
async function plannedSteps(lab: Lab): Promise<PreviewStep[]> {
  const text = await mustPulumi(lab, ["preview", "--json", ...ON_STACK]);
  const steps = (JSON.parse(text) as { steps: PreviewStep[] }).steps;
  return steps.filter(({ op }) => op !== "same");
}

/** Type and name of a resource, from its URN. */
function resourceOf({ urn }: PreviewStep): string {
  const [type = "", name = ""] = urn.split("::").slice(-2);
  return `${type.split("$").at(-1)} ${name}`;
}

describe("the real engine on the lab's environment", function () {
  this.timeout(PATIENCE);
  let lab: Lab;

  before(async () => {
    ({ lab } = await runningEnvironment());
  });

  it("finds nothing to change a second time, under the policy pack", async () => {
    await mustPulumi(lab, ["up", "--yes", "--skip-preview", "--expect-no-changes", ...POLICY, ...ON_STACK]);
  });

  it("changes only the members' configuration and the plan when a server setting changes", async () => {
    const steps = await declaring(
      lab,
      (input) => {
        input.cluster.parameters = { ...input.cluster.parameters, log_min_duration_statement: "2s" };
      },
      () => plannedSteps(lab),
    );
    assert.ok(steps.length > 0, "the setting must change something");
    const touched = steps.filter(({ op }) => op !== "update");
    assert.deepEqual(touched.map(resourceOf), [], "nothing is created, replaced or deleted");
    for (const step of steps) {
      const resource = resourceOf(step);
      assert.doesNotMatch(resource, /^libvirt:/, `${resource} has nothing to do with a server setting`);
    }
    const commands = steps.map(resourceOf).filter((resource) => resource.startsWith("command:"));
    assert.ok(
      commands.some((resource) => resource.includes("pg-a1")),
      "the primary is configured anew",
    );
  });

  it("creates nothing when a change breaks the policy", async () => {
    const { state } = enginePlaces(lab);
    const checkpoint = `${state}/.pulumi/stacks/pgkeep/lab-kvm.json`;
    const before = readFileSync(checkpoint, "utf8");
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const outcome = await declaring(
        lab,
        (input) => {
          input.backup.repository.encryption = "none";
        },
        () => pulumi(lab, [...command, ...POLICY, ...ON_STACK]),
      );
      assert.notEqual(outcome.code, 0, `${command[0]} must fail`);
      assert.match(outcome.stdout + outcome.stderr, /mandatory/i);
      assert.match(outcome.stdout + outcome.stderr, /repository/i, "the message names what is wrong");
    }
    const resources = (text: string): unknown =>
      (
        JSON.parse(text) as { checkpoint: { latest: { resources: { urn: string }[] } } }
      ).checkpoint.latest.resources.map(({ urn }) => urn);
    assert.deepEqual(resources(readFileSync(checkpoint, "utf8")), resources(before));
  });

  it("refuses a declaration with all its problems at once and creates nothing", async () => {
    const outcome = await declaring(
      lab,
      (input) => {
        input.replication.synchronous = 7;
        input.failover.ttl = "21 s";
        input.backup.repository.site = "nowhere";
      },
      () => pulumi(lab, ["preview", ...ON_STACK]),
    );
    assert.notEqual(outcome.code, 0);
    const said = outcome.stdout + outcome.stderr;
    for (const path of ["replication.synchronous", "failover.ttl", "backup.repository.site"]) {
      assert.ok(said.includes(path), `${path} is named in: ${said}`);
    }
  });
});
