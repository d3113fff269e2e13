import assert from "node:assert/strict";
import { parseLeadership, parseReconciled, patroni } from "../../../operations/adapters/patroni.js";
import type { GuestAgent } from "../../../operations/ports/index.js";

/** A guest in which every program prints this text and ends with 0. */
function saying(stdout: string): GuestAgent {
  const parts: Partial<GuestAgent> = {
    domain: "pg-a1",
    run: () => Promise.resolve({ code: 0, stdout, stderr: "" }),
  };
  return parts as GuestAgent;
}

/** What etcdctl prints for these keys of a cluster. */
function kept(keys: Readonly<Record<string, string>>): string {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  const kvs = Object.entries(keys).map(([key, value]) => ({
    key: encode(`/pgkeep/orders/${key}`),
    value: encode(value),
  }));
  return JSON.stringify({ header: { revision: 7 }, kvs, count: kvs.length });
}

describe("Patroni's keys in etcd", () => {
  it("tell who leads and who confirms commits", () => {
    const sync = '{"leader":"pg-a1","sync_standby":"pg-a2,pg-b1","quorum":1}';
    assert.deepEqual(parseLeadership(kept({ leader: "pg-a1", sync, status: "{}" }), "orders"), {
      leader: "pg-a1",
      synchronous: { primary: "pg-a1", standbys: ["pg-a2", "pg-b1"], quorum: 1 },
    });
  });

  it("tell when nobody leads, and when nobody confirms", () => {
    const sync = '{"leader":"pg-a1","sync_standby":null,"quorum":0}';
    assert.deepEqual(parseLeadership(kept({ sync }), "orders"), {
      leader: undefined,
      synchronous: { primary: "pg-a1", standbys: [], quorum: 0 },
    });
    for (const empty of [kept({}), '{"header":{}}', kept({ sync: '{"leader":null,"sync_standby":null}' })])
      assert.deepEqual(parseLeadership(empty, "orders"), { leader: undefined, synchronous: undefined });
  });

  it("of another cluster are not ours", () => {
    assert.equal(parseLeadership(kept({ leader: "pg-a1" }), "order").leader, undefined);
  });
});

describe("pgkeep-reconcile", () => {
  const said = (answer: object): boolean =>
    parseReconciled(JSON.stringify({ role: "primary", roles: "current", waiting: [], ...answer })).followed;

  it("has made clients follow only when it is done with a primary", () => {
    assert.ok(said({}));
    assert.ok(said({ waiting: ["pause: pg-b1 not running yet"] }));
    assert.ok(!said({ waiting: ["redirect: the name server does not take the update"] }));
    assert.ok(!said({ waiting: ["TimeoutExpired: Command 'pgkeep-redirect' timed out"] }));
    assert.ok(!said({ roles: "standby" }));
    assert.ok(!said({ role: "replica", roles: null }));
    assert.ok(!said({ roles: null, waiting: ["this member is starting"] }));
    assert.ok(!said({ role: null, roles: null, waiting: ["Patroni answers 503"] }));
  });
});

describe("patronictl", () => {
  it("a refused switchover is an error although the program ends with 0", async () => {
    const refused = patroni(
      saying("Current cluster topology\nSwitchover failed, details: 412, candidate name does not match\n"),
      "orders",
      "10.77.2.101",
    );
    await assert.rejects(refused.switchover("pg-b1", "pg-a1"), /failed, details: 412, candidate name/);
    await assert.rejects(refused.failover("pg-a1"), /failed, details: 412/);
  });

  it("an accepted one is none", async () => {
    const done = patroni(saying('Successfully switched over to "pg-a1"\n'), "orders", "10.77.2.101");
    await done.switchover("pg-b1", "pg-a1");
  });
});
