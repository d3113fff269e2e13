import assert from "node:assert/strict";
import type { Injection, SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import {
  failure,
  groupArgs,
  inputs,
  makeAll,
  mappingsArgs,
  outsOf,
  OWNER,
  planArgs,
  provider,
  startEndpoint,
  type GroupState,
  type PlanState,
} from "./samples.js";

const GROUPS = { method: "POST", path: /\/groups$/ } as const;
const PLANS = { method: "POST", path: /\/plans$/ } as const;

describe("SRM objects when calls go wrong", function () {
  this.timeout(300_000);

  let endpoint: SrmEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint();
  });
  afterEach(() => endpoint.close());

  const site = () => endpoint.sites[1];
  const posts = (path: RegExp): number =>
    site().calls.filter((call) => call.method === "POST" && path.test(call.url)).length;

  const passing: Record<string, readonly Injection[]> = {
    "429 with a time to wait": [
      { ...GROUPS, times: 2, fault: { kind: "status", status: 429, retryAfter: 1 } },
    ],
    "503 in plain text": [{ ...PLANS, times: 2, fault: { kind: "status", status: 503, text: "<html>" } }],
    "503 to the log-in": [{ method: "POST", path: /\/session$/, fault: { kind: "status", status: 503 } }],
    "a cut log-in": [{ method: "POST", path: /remote-session$/, fault: { kind: "drop-after" } }],
    "connections cut before a group or plan was made": [
      { ...GROUPS, fault: { kind: "drop-before" } },
      { ...PLANS, fault: { kind: "drop-before" } },
    ],
    "connections cut after a group or plan was made": [
      { ...GROUPS, fault: { kind: "drop-after" } },
      { ...PLANS, fault: { kind: "drop-after" } },
    ],
    "a cut after replications were configured": [
      { method: "POST", path: /\/replications$/, fault: { kind: "drop-after" } },
    ],
    "cuts while callouts are added": [
      { method: "POST", path: /recovery-steps\/recovery$/, times: 2, fault: { kind: "drop-after" } },
    ],
    "cuts while tasks are watched": [
      { method: "GET", path: /\/tasks\//, times: 4, fault: { kind: "drop-before" } },
    ],
    "sessions that expire": [
      { ...GROUPS, fault: { kind: "expire" } },
      { method: "GET", path: /\/tasks\//, fault: { kind: "expire" } },
    ],
  };
  for (const [what, injections] of Object.entries(passing))
    it(`gets over ${what}, and makes everything once`, async () => {
      for (const injection of injections) site().inject(injection);
      const made = await makeAll(endpoint);
      const { world } = endpoint;
      assert.deepEqual([world.groups.size, world.plans.size, world.replications.size], [1, 1, 2]);
      const news = inputs.plan(planArgs(endpoint, made.group.objectId));
      assert.deepEqual(await provider.plan().diff(OWNER, made.plan, news), { changes: false });
      site().clearFaults();
      await provider.plan().delete(OWNER, made.plan);
      await provider.group().delete(OWNER, made.group);
      await provider.mappings().delete(OWNER, made.mappings);
      assert.deepEqual([world.groups.size, world.plans.size, world.replications.size], [0, 0, 0]);
      assert.equal(endpoint.sites[1].openSessions, 0);
    });

  it("keeps a group whose making was cut off, wherever that was, so that it can be completed or removed", async () => {
    await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
    for (const then of ["complete", "remove"] as const)
      for (let call = 4; call < 22; call += 3) {
        site().inject({ times: call, fault: { kind: "slow", milliseconds: 0 } });
        site().inject({ times: 1000, fault: { kind: "drop-after" } });
        const failed = await failure<GroupState>(
          provider.group({ attempts: 2 }).create(inputs.group(groupArgs(endpoint))),
        );
        site().clearFaults();
        endpoint.world.settle();
        if (failed.properties === undefined) {
          assert.deepEqual(
            [endpoint.world.groups.size, endpoint.world.replications.size],
            [0, 0],
            `call ${call}`,
          );
          continue;
        }
        const last =
          then === "remove"
            ? failed.properties
            : outsOf(
                await provider.group().update(OWNER, failed.properties, inputs.group(groupArgs(endpoint))),
              );
        await provider.group().delete(OWNER, last);
        assert.deepEqual(
          [endpoint.world.groups.size, endpoint.world.replications.size],
          [0, 0],
          `call ${call}`,
        );
      }
  });

  it("does not repeat what SRM refused, and says which call it was and why", async () => {
    await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
    site().inject({ ...GROUPS, times: 10, fault: { kind: "status", status: 400 } });
    await assert.rejects(
      provider.group().create(inputs.group(groupArgs(endpoint))),
      /SRM answered POST \/pairings\/.*groups with 400.*injected/,
    );
    assert.equal(posts(/groups$/), 1);
  });

  it("says what a task that failed says, and resumes", async () => {
    endpoint.world.tasks.failNext(/^Create recovery plan/, "the folder is locked");
    const group = await provider
      .mappings()
      .create(inputs.mappings(mappingsArgs(endpoint)))
      .then(async () => outsOf(await provider.group().create(inputs.group(groupArgs(endpoint)))));
    const args = inputs.plan(planArgs(endpoint, group.objectId));
    const failed = await failure<PlanState>(provider.plan().create(args));
    assert.match(failed.message, /"Create recovery plan pg-failover" ended with ERROR: the folder is locked/);
    assert.ok(failed.properties !== undefined);
    assert.deepEqual(await provider.plan().diff(OWNER, failed.properties, args), { changes: true });
    outsOf(await provider.plan().update(OWNER, failed.properties, args));
    assert.equal(endpoint.world.plans.size, 1);
  });

  it("gives up a task that takes too long, with what it saw", async () => {
    const slow = await startEndpoint({ taskDuration: 3_600_000 });
    try {
      await assert.rejects(
        provider.group().create(inputs.group(groupArgs(slow, { timeout: 1 }))),
        /has not ended within 1 s: RUNNING, \d+ %/,
      );
    } finally {
      await slow.close();
    }
  });

  it("says that a name is taken in the meantime", async () => {
    await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
    site().inject({
      ...GROUPS,
      fault: {
        kind: "meanwhile",
        act: () => {
          endpoint.world.groups.set("x", {
            id: "x",
            name: "pg",
            description: "",
            type: "HBR",
            vms: [],
            arrayPair: null,
            datastores: [],
            protectedSite: 0,
          });
        },
      },
    });
    await assert.rejects(
      provider.group().create(inputs.group(groupArgs(endpoint))),
      /ended with ERROR: the name pg is in use/,
    );
  });

  it("works without the protected site as far as reading goes, and says what is missing for the rest", async () => {
    const made = await makeAll(endpoint);
    endpoint.takeDown(0);
    assert.deepEqual((await provider.plan().read(OWNER, made.plan)).props, made.plan);
    await assert.rejects(
      provider.plan({ attempts: 2 }).delete(OWNER, made.plan),
      /SRM at site-b reaches no server at site-a: The server at site-a is not reachable/,
    );
    endpoint.bringUp(0);
    await provider.plan().delete(OWNER, made.plan);
  });
});
