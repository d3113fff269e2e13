import assert from "node:assert/strict";
import type { FirewallState } from "../../components/nsx/provider/index.js";
import type { Injection, NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import { openMoments } from "./open-moments.js";
import {
  ALLOW,
  callAsAdministrator,
  created,
  DENY,
  firewallArgs,
  GROUPS,
  inputsFor,
  outsOf,
  POLICY,
  provider,
  startEndpoint,
} from "./samples.js";

const PATCH = { method: "PATCH", path: /\/infra\?/ } as const;

describe("distributed firewall when calls go wrong", function () {
  this.timeout(60_000);

  let endpoint: NsxEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint();
  });
  afterEach(() => endpoint.close());

  const changed = () =>
    inputsFor(endpoint, {
      rules: [
        {
          id: "reports-to-postgresql",
          sources: ["applications"],
          destinations: ["databases"],
          services: ["postgresql"],
        },
      ],
      deny: { id: "last", action: "REJECT" },
    });
  const count = (method: string, path: RegExp): number =>
    endpoint.calls.filter((call) => call.method === method && path.test(call.url)).length;

  const passing: Record<string, Injection> = {
    "429 with a time to wait": { ...PATCH, times: 2, fault: { kind: "status", status: 429, retryAfter: 1 } },
    "503": { ...PATCH, times: 3, fault: { kind: "status", status: 503 } },
    "504 in plain text": { ...PATCH, fault: { kind: "status", status: 504, text: "<html>gateway</html>" } },
    "a connection cut before the call took effect": { ...PATCH, times: 2, fault: { kind: "drop-before" } },
    "a connection cut after the call took effect": { ...PATCH, fault: { kind: "drop-after" } },
    "a cut while reading": {
      method: "GET",
      path: /security-policies/,
      times: 2,
      fault: { kind: "drop-after" },
    },
    "a cut log-in": { method: "POST", path: /session\/create/, fault: { kind: "drop-after" } },
    "503 to the log-in": { method: "POST", path: /session\/create/, fault: { kind: "status", status: 503 } },
    "a session that expired": { ...PATCH, fault: { kind: "expire" } },
    "a session that expires while it reads": { method: "GET", path: /rules/, fault: { kind: "expire" } },
    "an answer slower than the patience": { ...PATCH, fault: { kind: "slow", milliseconds: 1_200 } },
  };
  for (const [what, injection] of Object.entries(passing))
    it(`gets over ${what}, when it makes, changes and removes`, async () => {
      const patient = provider(injection.fault.kind === "slow" ? { request: 400 } : {});
      endpoint.inject(injection);
      const state = outsOf(await patient.create(inputsFor(endpoint)));
      endpoint.inject(injection);
      const next = outsOf(await patient.update(POLICY, state, changed()));
      assert.deepEqual(
        next.objects.rules.map(({ id }) => id),
        ["last", "reports-to-postgresql"],
      );
      endpoint.inject(injection);
      await patient.delete(POLICY, next);
      assert.equal(endpoint.manager.intent.size, 0);
      assert.deepEqual(openMoments(endpoint.manager.history), []);
    });

  it("never leaves an allowing rule without the denial, wherever an update is cut off for good", async () => {
    const state = await created(endpoint);
    for (const kind of ["drop-before", "drop-after"] as const)
      for (let call = 0; call < 12; call++) {
        // Everything works up to the given call; from there on, nothing does.
        endpoint.inject({ times: call, fault: { kind: "slow", milliseconds: 0 } });
        endpoint.inject({ times: 1000, fault: { kind } });
        await assert.rejects(provider({ attempts: 2 }).update(POLICY, state, changed()), /no connection/);
        assert.deepEqual(openMoments(endpoint.manager.history), [], `${kind} at call ${call}`);
        endpoint.clearFaults();
        await provider().update(POLICY, state, inputsFor(endpoint));
      }
    assert.ok(endpoint.manager.history.length > 10, "some of the updates took effect");
  });

  it("keeps a resource whose making was cut off, so that it can be completed or removed", async () => {
    endpoint.inject({ times: 7, fault: { kind: "slow", milliseconds: 0 } });
    endpoint.inject({ times: 1000, fault: { kind: "drop-after" } });
    const failed = await provider({ attempts: 2 })
      .create(inputsFor(endpoint))
      .then(
        () => assert.fail("it must fail"),
        (error: Error & { id?: string; properties?: FirewallState }) => error,
      );
    endpoint.clearFaults();
    assert.equal(failed.id, POLICY);
    const { props } = await provider().read(POLICY, failed.properties);
    await provider().delete(POLICY, props as FirewallState);
    assert.equal(endpoint.manager.intent.size, 0);
  });

  it("forgets nothing of an update that was cut off and then taken back", async () => {
    const { groups } = firewallArgs();
    const more = inputsFor(endpoint, {
      groups: [...groups, { id: "late", members: [{ addresses: ["10.7.0.1"] }] }],
    });
    const state = await created(endpoint);
    endpoint.inject({ ...PATCH, times: 1000, fault: { kind: "drop-after" } });
    const failed = await provider({ attempts: 2 })
      .update(POLICY, state, more)
      .then(
        () => assert.fail("it must fail"),
        (error: Error & { properties?: FirewallState }) => error,
      );
    endpoint.clearFaults();
    assert.ok(endpoint.manager.intent.has(`${GROUPS}/pg-late`));
    const next = outsOf(
      await provider().update(POLICY, failed.properties as FirewallState, inputsFor(endpoint)),
    );
    assert.ok(!endpoint.manager.intent.has(`${GROUPS}/pg-late`));
    await provider().delete(POLICY, next);
    assert.equal(endpoint.manager.intent.size, 0);
  });

  it("does not repeat what NSX refused", async () => {
    endpoint.inject({ ...PATCH, times: 10, fault: { kind: "status", status: 400 } });
    await assert.rejects(provider().create(inputsFor(endpoint)), /with 400, code 500012: injected/);
    assert.equal(count("PATCH", /./), 1);
  });

  it("says which call was refused and why, also of what NSX alone can know", async () => {
    const rules = [
      { ...firewallArgs().rules[0], sources: ["/infra/domains/default/groups/nowhere"] },
    ] as ReturnType<typeof firewallArgs>["rules"];
    await assert.rejects(
      provider().create(inputsFor(endpoint, { rules })),
      /PATCH \/infra with 400.*groups\/nowhere.*is invalid/,
    );
    assert.equal(endpoint.manager.intent.size, 0, "nothing of the call was taken");
  });

  it("gives up after the attempts that it has", async () => {
    endpoint.inject({ method: "GET", times: 100, fault: { kind: "status", status: 503 } });
    await assert.rejects(provider({ attempts: 4 }).create(inputsFor(endpoint)), /with 503/);
    assert.equal(count("GET", /./), 4);
  });

  it("reads again when somebody changed an object meanwhile, and overwrites nothing that it has not seen", async () => {
    const state = await created(endpoint);
    endpoint.inject({
      ...PATCH,
      fault: {
        kind: "meanwhile",
        act: () => {
          const { _revision, ...open } = endpoint.manager.read(DENY);
          endpoint.manager.patch("Rule", DENY, { ...open, disabled: true });
          endpoint.manager.put("Rule", `${POLICY}/rules/back-door`, { action: "ALLOW" });
        },
      },
    });
    const before = endpoint.calls.length;
    await provider().update(POLICY, state, inputsFor(endpoint, { displayName: "renamed" }));
    const answers = endpoint.calls
      .slice(before)
      .filter(({ method }) => method === "PATCH")
      .map(({ status }) => status);
    assert.equal(endpoint.manager.read(POLICY)["display_name"], "renamed");
    assert.equal(endpoint.manager.read(DENY)["disabled"], false);
    assert.ok(!endpoint.manager.intent.has(`${POLICY}/rules/back-door`));
    assert.deepEqual(answers, [412, 200]);
  });

  it("names what NSX shows otherwise than it was told", async () => {
    const state = await created(endpoint);
    // Somebody undoes each write before it is read.
    const act = (): void => {
      const { _revision, ...fields } = endpoint.manager.read(ALLOW);
      endpoint.manager.patch("Rule", ALLOW, { ...fields, logged: false });
    };
    const rules = { method: "GET", path: /security-policies.*\/rules/ } as const;
    endpoint.inject({ ...rules, times: 100, fault: { kind: "meanwhile", act } });
    await assert.rejects(
      provider({ attempts: 3 }).update(POLICY, state, inputsFor(endpoint, { displayName: "x" })),
      /shows something else as Rule orders-to-postgresql$/,
    );
  });

  it("stops when somebody changes it each time", async () => {
    const state = await created(endpoint);
    const act = (): void => {
      const { _revision, ...fields } = endpoint.manager.read(ALLOW);
      endpoint.manager.patch("Rule", ALLOW, { ...fields, notes: `${String(_revision)}` });
    };
    endpoint.inject({ ...PATCH, times: 100, fault: { kind: "meanwhile", act } });
    const update = provider({ attempts: 3 }).update(POLICY, state, changed());
    await assert.rejects(update, /with 412/);
    assert.equal(count("PATCH", /./), 1 + 3);
  });

  it("removes a rule that appeared while the policy was removed", async () => {
    const state = await created(endpoint);
    const act = (): void => {
      endpoint.manager.put("Rule", `${POLICY}/rules/late`, { action: "ALLOW" });
    };
    endpoint.inject({ ...PATCH, fault: { kind: "meanwhile", act } });
    await provider().delete(POLICY, state);
    assert.equal(endpoint.manager.intent.size, 0);
  });

  it("leaves a policy whose mark somebody took, and says what still needs its groups", async () => {
    const state = await created(endpoint);
    const policy = { ...endpoint.manager.read(POLICY), tags: [{ scope: "pgkeep", tag: "somebody/else/pg" }] };
    await callAsAdministrator(endpoint, "PATCH", POLICY, policy);
    await assert.rejects(
      provider({ attempts: 2 }).delete(POLICY, state),
      /being referenced by.*security-policies\/pg/,
    );
    assert.ok(endpoint.manager.intent.has(POLICY));
  });
});
