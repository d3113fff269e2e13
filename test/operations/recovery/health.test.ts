import assert from "node:assert/strict";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Context } from "../../../operations/context.js";
import { waitForHealth } from "../../../operations/jobs/recovery/health.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

const NOT_YET = "FATAL:  the database system is not yet accepting connections";

describe("waiting for the health of a cluster", () => {
  /** pg-b1 refuses with these words until the primary has written a record. */
  function cluster(refusal: string): { readonly context: Context; readonly asked: string[] } {
    const asked: string[] = [];
    let written = false;
    let seconds = 0;
    const answer = (name: string, sql: string): string[][] => {
      if (sql.includes("pg_log_standby_snapshot")) {
        asked.push(name);
        written = true;
        return [["0/14000060"]];
      }
      if (name === "pg-b1" && !written) throw new Error(refusal);
      if (sql.includes("pg_stat_replication")) return written ? [["pg-b1", "streaming", "sync", "0"]] : [];
      return [[name === "pg-a1" ? "f" : "t", "2", "7", "0", "streaming", "100"]];
    };
    const context = {
      plan: recoveryPlan(parseEnvironment(kvmEnvironment())),
      clock: {
        monotonic: () => seconds,
        sleep: (pause: number) => {
          seconds += pause;
          return Promise.resolve();
        },
      },
      output: { progress: () => undefined },
      database: (name: string) => ({
        query: (sql: string) => Promise.resolve().then(() => answer(name, sql)),
      }),
    } as unknown as Context;
    return { context, asked };
  }

  it("lets an idle primary write a record when a standby has not become consistent", async () => {
    const { context, asked } = cluster(NOT_YET);
    const { primary, problems } = await waitForHealth(context, 60);
    assert.deepEqual([primary?.name, problems, asked], ["pg-a1", [], ["pg-a1"]]);
  });

  it("writes nothing for a member that is down for another reason", async () => {
    const { context, asked } = cluster("No such file or directory");
    await assert.rejects(waitForHealth(context, 60), /not healthy after \d+ s: pg-b1 is down: No such file/);
    assert.deepEqual(asked, []);
  });
});
