import assert from "node:assert/strict";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Context } from "../../../operations/context.js";
import { etcdProblems } from "../../../operations/jobs/status/etcd.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

describe("health of etcd in the status", () => {
  const plan = recoveryPlan(parseEnvironment(kvmEnvironment()));
  const url = (name: string): string => {
    const guest = plan.guests.find((each) => each.name === name);
    return `https://${guest?.addresses.replication ?? ""}:2379`;
  };
  const well = plan.guests.map(({ name }) => ({ endpoint: url(name), health: true, took: "9ms" }));

  /** Guests answer with these texts; one without a text does not answer. */
  async function problems(
    answers: Readonly<Record<string, string>>,
    askers: readonly string[] = plan.guests.map(({ name }) => name),
  ): Promise<{ readonly found: readonly string[]; readonly asked: readonly string[] }> {
    const asked: string[] = [];
    const context = {
      plan,
      agent: (guest: string) => ({
        run: (argv: readonly string[]) => {
          asked.push(guest);
          for (const { name } of plan.guests)
            assert.ok(argv.join(" ").includes(url(name)), `${name} is asked about`);
          const stdout = answers[guest];
          return stdout === undefined
            ? Promise.reject(new Error(`${guest} does not answer`))
            : Promise.resolve({ code: 0, stdout, stderr: "" });
        },
      }),
    } as unknown as Context;
    return { found: await etcdProblems(context, askers), asked };
  }

  it("is asked in one guest about all", async () => {
    assert.deepEqual(await problems({ "pg-a1": JSON.stringify(well) }), { found: [], asked: ["pg-a1"] });
  });

  it("is asked in the next one when a guest cannot tell", async () => {
    const told = await problems({ "pg-a1": "exec format error", w1: JSON.stringify(well) }, [
      "pg-a1",
      "pg-b1",
      "w1",
    ]);
    assert.deepEqual(told, { found: [], asked: ["pg-a1", "pg-b1", "w1"] });
  });

  it("names members that are not healthy, with the reason, and those of which nothing is said", async () => {
    const [, ...rest] = well;
    const sick = { endpoint: url("pg-b1"), health: false, took: "30s", error: "context deadline exceeded" };
    const text = JSON.stringify(rest.map((each) => (each.endpoint === sick.endpoint ? sick : each)));
    const { found } = await problems({ "pg-a1": text });
    assert.deepEqual(found.toSorted(), [
      "etcd in pg-a1 is not healthy: nothing is said of it",
      "etcd in pg-b1 is not healthy: context deadline exceeded",
    ]);
  });

  it("is unknown, and a problem, when nobody can tell", async () => {
    assert.deepEqual((await problems({})).found, ["the health of etcd is unknown: w1 does not answer"]);
    assert.deepEqual((await problems({}, [])).found, ["the health of etcd is unknown: no guest answers"]);
  });
});
