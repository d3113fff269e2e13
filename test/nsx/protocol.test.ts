import assert from "node:assert/strict";
import { join } from "node:path";
import { providerText } from "../../components/dynamic/dynamic-resource.js";
import { nsxProvider } from "../../components/nsx/provider-entry.js";
import type { NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import { DynamicServer, stateIn, type CallError } from "../dynamic/dynamic-server.js";
import { CREDENTIALS, ENVIRONMENT, firewallArgs, OWNER, POLICY, startEndpoint } from "./samples.js";

const CHECKOUT = join(__dirname, "..", "..");

describe("providers of NSX on Pulumi's protocol", function () {
  this.timeout(60_000);

  let endpoint: NsxEndpoint;
  let server: DynamicServer;
  let provider: string;

  before(async () => {
    provider = providerText(nsxProvider("firewall"));
    endpoint = await startEndpoint({
      virtualMachines: [{ externalId: "vm-1", displayName: "a", computeIds: [], tags: [] }],
    });
    server = await DynamicServer.start("nsx", ENVIRONMENT);
  });
  after(async () => {
    server.close();
    await endpoint.close();
  });
  afterEach(() => {
    endpoint.clearFaults();
  });

  const manager = () => ({ address: "127.0.0.1", port: endpoint.port, caCertificate: endpoint.authority });
  const news = (change: object = {}) => ({
    firewall: { ...firewallArgs({ manager: manager() }), ...change },
    owner: OWNER,
    __provider: provider,
  });

  it("what the state keeps of a provider is short, and names neither paths of this machine nor secrets", () => {
    assert.ok(provider.length < 200, `${provider.length} characters`);
    assert.ok(!provider.includes(CHECKOUT));
    assert.match(provider, /pgkeep\/nsx\/provider/);
    for (const secret of Object.values(CREDENTIALS)) assert.ok(!provider.includes(secret));
  });

  it("is checked, made, read, changed and removed by the engine's calls", async () => {
    const { inputs, failures } = await server.check(news());
    assert.deepEqual(failures, []);
    const made = await server.create(inputs);
    assert.equal(made.id, POLICY);
    assert.equal(made.properties["policyPath"], POLICY);
    assert.equal(endpoint.manager.intent.size, 6);
    assert.equal((await server.diff(POLICY, made.properties, inputs)).changes, 1, "no change");

    endpoint.manager.remove(`${POLICY}/rules/deny-everything-else`);
    const found = await server.read(POLICY, made.properties);
    assert.equal((await server.diff(POLICY, found.properties, inputs)).changes, 2, "drift");
    const repaired = await server.update(POLICY, found.properties, inputs);
    assert.deepEqual(repaired, made.properties);

    const { inputs: moved } = await server.check(news({ policyId: "pg2" }));
    assert.deepEqual((await server.diff(POLICY, repaired, moved)).replaces, ["firewall"]);

    await server.delete(POLICY, repaired);
    assert.equal(endpoint.manager.intent.size, 0);
    assert.equal((await server.read(POLICY, repaired)).id, "", "the engine takes an empty id as gone");
  });

  it("tells all that is wrong by the check, with paths", async () => {
    const { failures } = await server.check(news({ isolate: ["x"], sequenceNumber: -1 }));
    assert.deepEqual(failures.map(({ property }) => property).toSorted(), [
      "isolate[0]",
      "rules[0]",
      "sequenceNumber",
    ]);
  });

  it("gives the engine what an unfinished firewall needs to be completed or removed", async () => {
    endpoint.manager.realization.fail(POLICY, "no host is prepared");
    const { inputs } = await server.check(news());
    const error = await server.create(inputs).then(
      () => assert.fail("it must fail"),
      (reason: unknown) => reason as CallError,
    );
    endpoint.manager.realization.fail(POLICY, undefined);
    assert.match(error.details, /no host is prepared/);
    for (const secret of Object.values(CREDENTIALS)) assert.ok(!error.details.includes(secret));
    const { id, properties } = stateIn(error);
    assert.equal(id, POLICY);
    await server.delete(id, properties);
    assert.equal(endpoint.manager.intent.size, 0);
  });

  it("does the same for a tag of VMs", async () => {
    const { inputs } = await server.check({
      assignment: { manager: manager(), scope: "role", tag: "postgresql", virtualMachines: ["vm-1"] },
      __provider: providerText(nsxProvider("tag")),
    });
    const { id, properties } = await server.create(inputs);
    assert.deepEqual(endpoint.manager.inventory.tagsOf("vm-1"), [{ scope: "role", tag: "postgresql" }]);
    await server.delete(id, properties);
    assert.deepEqual(endpoint.manager.inventory.tagsOf("vm-1"), []);
  });
});
