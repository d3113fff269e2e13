import assert from "node:assert/strict";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { canariesAhead } from "../../../operations/jobs/recovery/canary.js";
import type { Database } from "../../../operations/ports/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

/** A server that holds canaries of these times, written as PostgreSQL gives them back: to the microsecond. */
const holding = (...written: string[]): Database => ({
  query(sql) {
    if (sql.includes("to_regclass")) return Promise.resolve([["t"]]);
    if (sql.includes("max(written)")) return Promise.resolve([[written.toSorted().at(-1) ?? ""]]);
    const after = /written > '([^']+)'/.exec(sql)?.[1] ?? "";
    return Promise.resolve([[String(written.filter((time) => time > after).length)]]);
  },
});

describe("canaries that a copy lacks", () => {
  const environment = parseEnvironment(kvmEnvironment());
  const first = "2026-11-22T10:00:00.123456Z";
  const second = "2026-11-22T10:00:00.123789Z";

  it("never count the newest one that the copy holds", async () => {
    assert.equal(await canariesAhead(holding(first), holding(first), environment), 0);
    assert.equal(await canariesAhead(holding(first, second), holding(first), environment), 1);
    assert.equal(await canariesAhead(holding(first, second), holding(), environment), 2);
  });
});
