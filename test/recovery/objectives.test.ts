import assert from "node:assert/strict";
import { parseEnvironment, type Environment } from "../../components/declaration/index.js";
import { dcsConfig } from "../../components/postgres/dcs.js";
import { FENCE_SECONDS } from "../../components/postgres/scripts/fence.js";
import { REPLAY_RATE } from "../../components/postgres/sizing.js";
import {
  achieved,
  ASSUMPTIONS,
  FAILURES,
  primaryStartTimeout,
  recoveryPlan,
  type Achieved,
  type Failure,
} from "../../components/recovery/index.js";
import { changed } from "../declaration/change.js";
import { environmentOf, ROWS } from "./objectives-table/index.js";

function byFailure(environment: Environment): Record<Failure, Achieved> {
  return Object.fromEntries(achieved(environment).map((row) => [row.failure, row])) as Record<
    Failure,
    Achieved
  >;
}

describe("achieved objectives", () => {
  it("are worked out by hand for at least 40 declarations", () =>
    assert.ok(ROWS.length >= 40, `${ROWS.length}`));

  for (const each of ROWS)
    it(each.title, () => {
      const rows = byFailure(environmentOf(each));
      for (const [failure, [rpo, rto, by]] of Object.entries(each.expect)) {
        const row = rows[failure as Failure];
        assert.deepEqual(
          [failure, row.rpo, row.rto, row.by],
          [failure, rpo, rto, by],
          `${row.rpoReason} | ${row.rtoReason}`,
        );
      }
    });

  it("cover every failure once, in order, with a reason", () => {
    for (const each of ROWS) {
      const rows = achieved(environmentOf(each));
      assert.deepEqual(
        rows.map(({ failure }) => failure),
        [...FAILURES],
      );
      for (const row of rows) assert.ok(row.rpoReason !== "" && row.rtoReason !== "", row.failure);
    }
  });

  it("show their arithmetic: the terms of every RTO add up to it", () => {
    const seconds: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86400, w: 604800 };
    const length = (text: string): number => {
      const match = / ?(\d+) (s|min|h|d|w)$/.exec(text.trim());
      assert.ok(match !== null, text);
      return Number(match[1]) * (seconds[match[2] ?? ""] ?? Number.NaN);
    };
    for (const each of ROWS)
      for (const row of achieved(environmentOf(each))) {
        if (row.rto === undefined) continue;
        const [terms = "", total = ""] = row.rtoReason.replace(/^[^=]*: /, "").split(" = ");
        assert.equal(length(total), row.rto, row.rtoReason);
        assert.equal(
          terms
            .split(" + ")
            .map(length)
            .reduce((a, b) => a + b),
          row.rto,
          row.rtoReason,
        );
      }
  });

  it("say who has to be awake", () => {
    const automatic = byFailure(parseEnvironment(changed([])));
    assert.deepEqual(
      FAILURES.filter((failure) => automatic[failure].automatic),
      ["process", "vm", "host", "site"],
    );
    const manual = byFailure(parseEnvironment(changed(['failover.mode = "manual"'])));
    assert.deepEqual(
      FAILURES.filter((failure) => manual[failure].automatic),
      [],
    );
  });
});

describe("what the arithmetic assumes of the generated configuration", () => {
  it("Patroni's patience and the fence's longest decision are the ones that guests get", () => {
    for (const changes of [
      [],
      ['objectives.rto = "20 s"'],
      ['objectives.rto = "1 h"'],
      ['failover.loopWait = "5 s"'],
    ]) {
      const environment = parseEnvironment(changed(changes));
      assert.equal(
        dcsConfig(recoveryPlan(environment))["primary_start_timeout"],
        primaryStartTimeout(environment),
      );
    }
    assert.equal(FENCE_SECONDS, ASSUMPTIONS.fenceTimeout.value);
    assert.equal(REPLAY_RATE, ASSUMPTIONS.replay.value);
  });
});
