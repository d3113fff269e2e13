import assert from "node:assert/strict";
import { mustRun } from "../../../lab/subprocess.js";
import { OWN_ADDRESS } from "../../../operations/adapters/writing-client.js";
import { withVip } from "../../postgres/build.js";
import type { Attempt } from "./client.js";
import { APP, RunningServer, SERVER } from "./running-server.js";

/** The address that follows the primary, as {@link withVip} declares it. */
const VIP = "10.77.1.100";

for (const major of [17, 18] as const)
  describe(`an address that moves, on a real PostgreSQL ${major}`, function () {
    this.timeout(600_000);
    let server: RunningServer;

    before(async () => {
      server = await RunningServer.start(major, withVip);
      await server.roles();
    });

    after(async () => server.close());

    const carry = (what: "add" | "del"): Promise<string> =>
      mustRun("nsenter", [
        `--net=/proc/${server.box.pid}/ns/net`,
        ...["ip", "address", what, `${VIP}/24`, "dev", "client0"],
      ]);
    const app: Attempt = { user: "shop_app", database: "shop", from: APP, to: VIP };

    it("is listened on long before the server carries it, and clients come over it with TLS as soon as it does", async () => {
      assert.match(await server.client.refusal(app), /timeout expired|No route to host/);
      await carry("add");
      const asked = "SELECT version, host(inet_server_addr()) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      assert.equal(await server.client.answer({ ...app, sql: asked }), `TLSv1.3|${VIP}`);
      await carry("del");
    });

    it("does not hide which member answers", async () => {
      await carry("add");
      assert.equal(await server.client.answer({ ...app, sql: `SELECT ${OWN_ADDRESS}` }), SERVER);
      await carry("del");
    });
  });
