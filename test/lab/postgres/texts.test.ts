import assert from "node:assert/strict";
import { cloudInit, guestBundle, GUEST_PATHS } from "../../../components/postgres/index.js";
import { markedSecrets } from "../../fixtures/secrets.js";
import { planOf, withVip } from "../../postgres/build.js";
import { Sandbox } from "./sandbox.js";

for (const major of [17, 18] as const)
  describe(`the programs of the guest image with PostgreSQL ${major} accept the generated texts`, function () {
    this.timeout(600_000);
    let box: Sandbox;
    const plan = planOf((input) => {
      input.cluster.version = major === 17 ? "17.11" : "18.6";
      withVip(input);
    });

    before(async () => {
      box = await Sandbox.open(major);
      await box.must(["ip", "link", "add", "client0", "type", "veth", "peer", "name", "other"]);
      await box.place(guestBundle(plan, markedSecrets(plan.environment), "pg-a1"));
    });
    after(() => box.close());

    it("nft", async () => {
      await box.must(["nft", "-c", "-f", GUEST_PATHS.nftables]);
    });

    it("keepalived", async () => {
      await box.must(["keepalived", "-t", "-f", GUEST_PATHS.keepalived]);
      await box.write("/tmp/bad.conf", "vrrp_instance x {\n  nonsense\n}\n");
      assert.notEqual((await box.run(["keepalived", "-t", "-f", "/tmp/bad.conf"])).code, 0);
    });

    it("systemd", async () => {
      const units = ["patroni", "etcd", "pgbackrest", "pgkeep-reconcile"].map((name) => `${name}.service`);
      const outcome = await box.run([
        "systemd-analyze",
        "verify",
        "--man=no",
        ...units,
        "pgkeep-reconcile.timer",
      ]);
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.doesNotMatch(outcome.stderr, /pgkeep/);
    });

    it("cloud-init", async () => {
      for (const { name } of plan.guests) {
        const { userData, networkConfig } = cloudInit(plan, name);
        await box.write("/tmp/user", userData);
        await box.write("/tmp/network", networkConfig);
        assert.match(await box.must(["cloud-init", "schema", "-c", "/tmp/user"]), /Valid schema/);
        assert.match(
          await box.must(["cloud-init", "schema", "-t", "network-config", "-c", "/tmp/network"]),
          /Valid schema/,
        );
      }
    });

    it("sh and python", async () => {
      const scripts = guestBundle(plan, markedSecrets(plan.environment), "pg-a1").files.filter(
        ({ mode }) => mode === "0755",
      );
      assert.ok(scripts.length >= 7);
      for (const { path, content } of scripts) {
        const check = content.startsWith("#!/bin/sh")
          ? ["sh", "-n", path]
          : ["python3", "-W", "error", "-c", `compile(open("${path}").read(), "${path}", "exec")`];
        await box.must(check);
      }
    });
  });
