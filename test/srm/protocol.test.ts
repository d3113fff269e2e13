import assert from "node:assert/strict";
import { join } from "node:path";
import { providerText } from "../../components/dynamic/dynamic-resource.js";
import { srmProvider } from "../../components/srm/object.js";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import { DynamicServer, stateIn, type CallError } from "../dynamic/dynamic-server.js";
import {
  CREDENTIALS,
  ENVIRONMENT,
  groupArgs,
  mappingsArgs,
  OWNER,
  planArgs,
  startEndpoint,
} from "./samples.js";

const CHECKOUT = join(__dirname, "..", "..");

describe("providers of SRM on Pulumi's protocol", function () {
  this.timeout(300_000);

  let endpoint: SrmEndpoint;
  let server: DynamicServer;

  before(async () => {
    endpoint = await startEndpoint();
    server = await DynamicServer.start("srm", ENVIRONMENT);
  });
  after(async () => {
    server.close();
    await endpoint.close();
  });

  const news = async (kind: "group" | "mappings" | "plan", declared: object) => {
    const { inputs, failures } = await server.check({
      declared,
      owner: OWNER,
      __provider: providerText(srmProvider(kind)),
    });
    assert.deepEqual(failures, []);
    return inputs;
  };

  it("are made, read, changed and removed by the engine's calls, and keep no secret and no path", async () => {
    const text = providerText(srmProvider("plan"));
    assert.ok(!text.includes(CHECKOUT) && text.includes("pgkeep/srm/provider"));
    const failed = await server.create(await news("group", groupArgs(endpoint))).then(
      () => assert.fail("without mappings it must fail"),
      (reason: unknown) => reason as CallError,
    );
    assert.match(failed.details, /MISSING_MAPPING/);
    const unfinished = stateIn(failed);
    const mappings = await server.create(await news("mappings", mappingsArgs(endpoint)));
    const groupNews = await news("group", groupArgs(endpoint));
    const group = await server.update(unfinished.id, unfinished.properties, groupNews);
    assert.equal((await server.diff(OWNER, group, groupNews)).changes, 1, "no change");
    const planNews = await news("plan", planArgs(endpoint, String(group["objectId"])));
    const plan = await server.create(planNews);
    const [stored] = endpoint.world.plans.values();
    assert.ok(stored !== undefined && plan.properties["objectId"] === stored.id);
    stored.callouts.recovery = [];
    const found = await server.read(plan.id, plan.properties);
    assert.equal((await server.diff(plan.id, found.properties, planNews)).changes, 2, "drift");
    assert.deepEqual(await server.update(plan.id, found.properties, planNews), plan.properties);
    for (const state of [plan.properties, group, mappings.properties])
      for (const { user, password } of CREDENTIALS)
        assert.ok(!JSON.stringify(state).includes(user) && !JSON.stringify(state).includes(password));
    await server.delete(plan.id, plan.properties);
    await server.delete(OWNER, group);
    await server.delete(mappings.id, mappings.properties);
    const { plans, groups, replications } = endpoint.world;
    assert.deepEqual([plans.size, groups.size, replications.size], [0, 0, 0]);
    assert.equal(
      (await server.read(plan.id, plan.properties)).id,
      "",
      "the engine takes an empty id as gone",
    );
  });
});
