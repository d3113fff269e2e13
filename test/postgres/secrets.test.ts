import assert from "node:assert/strict";
import { cloudInit, guestBundle, renderRolesSql } from "../../components/postgres/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { planOf, withVip } from "./build.js";

describe("secrets in the guest", () => {
  const plan = planOf();
  const secrets = markedSecrets(plan.environment);
  const planted = /PLANTED-[a-z-]+/;
  const encoded = secrets.tsig ?? "";

  it("never stand in cloud-init", () => {
    for (const { name } of plan.guests) {
      const { userData, metaData, networkConfig } = cloudInit(plan, name);
      for (const text of [userData, metaData, networkConfig])
        assert.ok(!planted.test(text) && !text.includes(encoded), name);
      // Nor can cloud-init be given any: beside plan and name it takes the public half of a key alone.
      assert.equal(cloudInit.length, 3);
    }
  });

  it("stand in the roles SQL as verifiers only", () => {
    const sql = renderRolesSql(plan, secrets);
    assert.doesNotMatch(sql, planted);
    assert.equal(sql.match(/PASSWORD 'SCRAM-SHA-256\$4096:/g)?.length, 5);
    assert.doesNotMatch(sql, /PASSWORD '(?!SCRAM)/);
  });

  it("stand only in files that nobody but their service reads", () => {
    for (const { name } of plan.guests)
      for (const { path, mode, owner, content } of guestBundle(plan, secrets, name).files) {
        const holds = planted.test(content) || content.includes(encoded);
        if (!holds) continue;
        const private600 = mode === "0600" && owner !== "root:root";
        const grouped =
          path === "/etc/pgbackrest/pgbackrest.conf" && mode === "0640" && owner === "root:postgres";
        assert.ok(private600 || grouped, `${name} ${path} ${mode} ${owner}`);
      }
  });

  it("go to the guest that needs them and to no other", () => {
    const text = (name: string): string => JSON.stringify(guestBundle(plan, secrets, name));
    assert.ok(text("w1").includes(secrets.repositoryPassphrase));
    assert.ok(!text("pg-a1").includes(secrets.repositoryPassphrase));
    for (const password of [...Object.values(secrets.passwords), secrets.patroniPassword])
      assert.ok(!text("w1").includes(password));
    assert.ok(!text("w1").includes("key-of-fencing") && text("pg-a1").includes("key-of-fencing"));
    assert.ok(!text("pg-a1").includes("key-of-pg-b1") && !text("pg-a1").includes("key-of-operations"));
    for (const role of ["shop_app", "shop_ro", "metrics"])
      assert.ok(!text("pg-a1").includes(secrets.passwords[role] ?? ""), role);
  });

  it("are asked for by name when they are missing, without a value", () => {
    const { shop_app: _, ...passwords } = secrets.passwords;
    assert.throws(
      () => guestBundle(plan, { ...secrets, passwords }, "pg-a1"),
      (error: Error) => error.message.includes("shop_app") && !planted.test(error.message),
    );
  });

  it("do without a TSIG key when an address follows the primary", () => {
    const vip = planOf(withVip);
    const { tsig: _, ...rest } = markedSecrets(vip.environment);
    const paths = guestBundle(vip, rest, "pg-a1").files.map(({ path }) => path);
    assert.ok(
      !paths.includes("/etc/pgkeep/secrets/tsig.key") && paths.includes("/etc/keepalived/keepalived.conf"),
    );
  });
});
