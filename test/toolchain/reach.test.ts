import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { DownloadHost, unreachable } from "../../toolchain/reach.js";

describe("toolchain: whether a download host can be reached", () => {
  const servers: Server[] = [];
  let connections = 0;

  const listen = (): Promise<number> =>
    new Promise((done) => {
      const server = createServer((socket) => {
        connections++;
        socket.destroy();
      });
      servers.push(server);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        done(typeof address === "object" && address !== null ? address.port : 0);
      });
    });

  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const started = Date.now();
    await work();
    return (Date.now() - started) / 1000;
  };

  beforeEach(() => (connections = 0));
  after(() => servers.forEach((server) => server.close()));

  it("a listening host is reachable", async () => {
    assert.equal(await unreachable(`http://127.0.0.1:${await listen()}`, 3000, {}), undefined);
  });

  it("a name without an address is refused at once", async () => {
    let reason: string | undefined;
    const taken = await seconds(
      async () => (reason = await unreachable("https://no-such-host.invalid", 3000, {})),
    );
    assert.match(reason ?? "", /no-such-host\.invalid (cannot be resolved|did not answer)/);
    assert.ok(taken < 3.5, `${taken} s`);
  });

  it("a closed port is refused at once", async () => {
    const port = await listen();
    await new Promise((done) => servers.pop()?.close(done));
    const taken = await seconds(async () =>
      assert.match(
        (await unreachable(`http://127.0.0.1:${port}`, 3000, {})) ?? "",
        /refuses \(ECONNREFUSED\)/,
      ),
    );
    assert.ok(taken < 1, `${taken} s`);
  });

  it("a proxy of the environment is what has to answer, unless the host is excluded", async () => {
    const port = await listen();
    const proxied = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
    assert.equal(await unreachable("https://no-such-host.invalid", 3000, proxied), undefined);
    assert.equal(connections, 1);
    const excluded = { ...proxied, NO_PROXY: "example.org,.invalid" };
    assert.notEqual(await unreachable("https://no-such-host.invalid", 3000, excluded), undefined);
  });

  it("one probe serves all downloads of a run", async () => {
    const host = new DownloadHost(`http://127.0.0.1:${await listen()}`, 3000, {});
    const answers = await Promise.all([host.unreachable(), host.unreachable(), host.unreachable()]);
    assert.deepEqual(answers, [undefined, undefined, undefined]);
    assert.equal(await host.unreachable(), undefined);
    assert.equal(connections, 1);
  });
});
