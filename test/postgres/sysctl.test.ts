import assert from "node:assert/strict";
import { GUEST_PATHS, guestBundle } from "../../components/postgres/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { planOf, withVip } from "./build.js";

describe("kernel settings", () => {
  it("let members bind the address that moves before they carry it, and nobody else anything foreign", () => {
    const binds = (name: string, plan = planOf()): boolean => {
      const { files } = guestBundle(plan, markedSecrets(plan.environment), name);
      const text = files.find(({ path }) => path === GUEST_PATHS.sysctl)?.content ?? "";
      return text.split("\n").includes("net.ipv4.ip_nonlocal_bind = 1");
    };
    const vip = planOf(withVip);
    assert.deepEqual([binds("pg-a1", vip), binds("pg-b1", vip), binds("w1", vip)], [true, true, false]);
    assert.equal(binds("pg-a1"), false);
  });
});
