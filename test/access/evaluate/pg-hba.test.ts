import assert from "node:assert/strict";
import { CannotJudge, evaluatePgHba, parsePgHba, type Login } from "../../../components/access/index.js";

function judge(text: string, login: Partial<Login> = {}, address = "192.0.2.1"): string {
  const { verdict, by } = evaluatePgHba(parsePgHba(text), {
    address,
    login: { database: "shop", role: "app", ...login },
  });
  return `${verdict} ${by}`;
}

describe("evaluator of pg_hba.conf", () => {
  it("takes the first record that fits and never falls through", () => {
    const text = "host shop app 192.0.2.0/24 reject\nhost all all 0.0.0.0/0 scram-sha-256\n";
    assert.equal(judge(text), "drop host shop app 192.0.2.0/24 reject");
    assert.match(judge(text, { role: "other" }), /^accept host all all/);
    assert.equal(judge(text, {}, "2001:db8::1"), "drop no record fits");
    assert.equal(judge("local all all trust"), "drop no record fits");
  });

  it("tells connections with and without TLS apart, and asks for certificates", () => {
    const yes = (record: string, login?: Partial<Login>): boolean =>
      judge(record, login).startsWith("accept");
    assert.deepEqual(
      [
        yes("hostssl all all all scram-sha-256"),
        yes("hostssl all all all scram-sha-256", { tls: false }),
        yes("hostnossl all all all scram-sha-256"),
        yes("hostnossl all all all scram-sha-256", { tls: false }),
        yes("host all all all scram-sha-256", { tls: false }),
        yes("hostgssenc all all all scram-sha-256"),
        yes("hostssl all all all scram-sha-256 clientcert=verify-full"),
        yes("hostssl all all all scram-sha-256 clientcert=verify-ca", { certificate: true }),
        yes("hostssl all all all cert"),
      ],
      [true, false, false, true, true, false, false, true, false],
    );
  });

  it("knows keywords, lists, quotes, masks and continued lines", () => {
    const yes = (record: string, login?: Partial<Login>, address?: string): boolean =>
      judge(record, login, address).startsWith("accept");
    const replication = { replication: true, role: "replicator" };
    assert.deepEqual(
      [
        yes("host all replicator all scram-sha-256", replication),
        yes("host replication replicator all scram-sha-256", replication),
        yes('host "replication" replicator all scram-sha-256', replication),
        yes('host "replication" app all scram-sha-256', { database: "replication" }),
        yes("host replication app all scram-sha-256", { database: "replication" }),
        yes("host sameuser all all scram-sha-256"),
        yes("host sameuser all all scram-sha-256", { database: "app" }),
        yes('host "all" app all scram-sha-256'),
        yes('host shop "all" all scram-sha-256'),
        yes("host a, shop,b x,app all scram-sha-256"),
        yes('host "sh""op" app all scram-sha-256', { database: 'sh"op' }),
        yes("host shop app 192.0.2.0 255.255.255.0 scram-sha-256"),
        yes("host shop app 192.0.2.0 255.255.255.0 scram-sha-256", {}, "192.0.3.1"),
        yes("host shop \\\n  app all scram-sha-256 # comment"),
        yes("# host shop app all scram-sha-256"),
        yes("host shop app 2001:db8::/32 scram-sha-256", {}, "2001:db8::9"),
      ],
      [
        false,
        true,
        false,
        true,
        false,
        false,
        true,
        false,
        false,
        true,
        true,
        true,
        false,
        true,
        false,
        true,
      ],
    );
  });

  it("does not guess", () => {
    for (const record of [
      "host samerole all all scram-sha-256",
      "host all +admins all scram-sha-256",
      "host all /^app all scram-sha-256",
      "host @dbs all all scram-sha-256",
      "host all all db.example.org scram-sha-256",
      "host all all samenet scram-sha-256",
      "include other.conf",
      "host all",
    ])
      assert.throws(() => judge(record), CannotJudge, record);
  });
});
