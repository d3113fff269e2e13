import assert from "node:assert/strict";
import type { FirewallState } from "../../components/nsx/provider/index.js";
import type { NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import {
  ALLOW,
  callAsAdministrator,
  created,
  DENY,
  firewallArgs,
  GROUPS,
  inputsFor,
  outsOf,
  OWNER,
  POLICY,
  provider,
  startEndpoint,
} from "./samples.js";

describe("distributed firewall against the endpoint", function () {
  this.timeout(60_000);

  let endpoint: NsxEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint({ realizationDelay: 10 });
  });
  afterEach(() => endpoint.close());

  const paths = (): string[] => [...endpoint.manager.intent.keys()].toSorted();
  const writes = (): string[] =>
    endpoint.calls
      .filter(({ method, url }) => method !== "GET" && !url.startsWith("/api/session"))
      .map(({ method, url }) => `${method} ${url}`);
  const rule = (id: string) => ({
    id,
    sources: ["applications"],
    destinations: ["databases"],
    services: ["postgresql"],
  });

  it("makes groups, services, policy, allowing rules and the denial in one call, all logged", async () => {
    const state = await created(endpoint);
    assert.deepEqual(writes(), ["PATCH /policy/api/v1/infra?enforce_revision_check=true"]);
    assert.deepEqual(paths(), [
      `${GROUPS}/pg-applications`,
      `${GROUPS}/pg-databases`,
      POLICY,
      DENY,
      ALLOW,
      "/infra/services/pg-postgresql",
    ]);
    const [allow, deny, policy] = [ALLOW, DENY, POLICY].map((path) => endpoint.manager.read(path));
    assert.deepEqual(
      [allow?.["action"], allow?.["logged"], allow?.["source_groups"], allow?.["destination_groups"]],
      ["ALLOW", true, [`${GROUPS}/pg-applications`], [`${GROUPS}/pg-databases`]],
    );
    assert.deepEqual(
      [
        deny?.["action"],
        deny?.["logged"],
        deny?.["source_groups"],
        deny?.["services"],
        deny?.["sequence_number"],
      ],
      ["DROP", true, ["ANY"], ["ANY"], 999_999],
    );
    assert.ok(Number(allow?.["sequence_number"]) < Number(deny?.["sequence_number"]));
    assert.deepEqual(policy?.["scope"], [`${GROUPS}/pg-databases`], "applied to the isolated VMs alone");
    assert.equal(state.policyPath, POLICY);
  });

  it("returns only when the policy is in force, and ends its session", async () => {
    const slow = await startEndpoint({ realizationDelay: 3_600_000 });
    try {
      let done = false;
      const making = created(slow).finally(() => (done = true));
      const looks = (): number =>
        slow.calls.filter(({ url }) => url.includes("realized-state/status")).length;
      while (looks() < 3 && !done) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(done, false);
      slow.manager.realization.settle();
      await making;
      assert.equal(slow.sessions.count, 0);
    } finally {
      await slow.close();
    }
  });

  it("says what NSX's alarms say when the policy cannot be brought about, and keeps it in the state", async () => {
    endpoint.manager.realization.fail(ALLOW, "no host is prepared for the rule");
    const failed = await provider()
      .create(inputsFor(endpoint))
      .then(
        () => assert.fail("it must fail"),
        (error: Error & { id?: string; properties?: FirewallState }) => error,
      );
    assert.match(failed.message, /cannot bring it about: .*orders-to-postgresql: no host is prepared/);
    assert.equal(failed.id, POLICY, "Pulumi must know of what is there");
    assert.equal(failed.properties?.owner, OWNER);

    endpoint.manager.realization.fail(ALLOW, undefined);
    const before = endpoint.manager.history.length;
    await provider().update(POLICY, failed.properties as FirewallState, inputsFor(endpoint));
    assert.equal(
      endpoint.manager.history.length,
      before,
      "the intent was right, only the waiting is done again",
    );
  });

  it("gives up with what it saw when realization takes too long", async () => {
    const slow = await startEndpoint({ realizationDelay: 3_600_000 });
    try {
      await assert.rejects(
        provider().create(inputsFor(slow, { realizationTimeout: 1 })),
        /within 1 s: UNREALIZED, IN_PROGRESS/,
      );
    } finally {
      await slow.close();
    }
  });

  it("changes nothing when nothing changed", async () => {
    const state = await created(endpoint);
    const [inputs, before] = [inputsFor(endpoint), endpoint.manager.history.length];
    assert.deepEqual(await provider().diff(POLICY, state, inputs), { changes: false });
    await provider().update(POLICY, state, inputs);
    assert.equal(endpoint.manager.history.length, before);
  });

  it("removes a rule, a group and a service that are not declared any more, and nothing else", async () => {
    const { groups, services, rules } = firewallArgs();
    const more = inputsFor(endpoint, {
      groups: [...groups, { id: "reports", members: [{ addresses: ["10.8.0.0/24"] }] }],
      services: [...services, { id: "metrics", entries: [{ id: "tcp", ports: ["9187"] }] }],
      rules: [
        ...rules,
        { id: "reports", sources: ["reports"], destinations: ["databases"], services: ["metrics"] },
      ],
    });
    const state = await created(endpoint, more);
    assert.equal(paths().length, 9);
    const { changes } = await provider().diff(POLICY, state, inputsFor(endpoint));
    assert.equal(changes, true);
    const next = outsOf(await provider().update(POLICY, state, inputsFor(endpoint)));
    assert.deepEqual(paths(), [
      `${GROUPS}/pg-applications`,
      `${GROUPS}/pg-databases`,
      POLICY,
      DENY,
      ALLOW,
      "/infra/services/pg-postgresql",
    ]);
    assert.deepEqual(await provider().diff(POLICY, next, inputsFor(endpoint)), { changes: false });
  });

  it("finds a rule that was edited, disabled, added or removed behind its back, and puts it right", async () => {
    const edits: Record<string, () => Promise<unknown>> = {
      edited: () =>
        callAsAdministrator(endpoint, "PATCH", ALLOW, {
          ...endpoint.manager.read(ALLOW),
          source_groups: ["ANY"],
        }),
      "denial disabled": () =>
        callAsAdministrator(endpoint, "PATCH", DENY, { ...endpoint.manager.read(DENY), disabled: true }),
      "log switched off": () =>
        callAsAdministrator(endpoint, "PATCH", DENY, { ...endpoint.manager.read(DENY), logged: false }),
      added: () =>
        callAsAdministrator(endpoint, "PUT", `${POLICY}/rules/back-door`, {
          action: "ALLOW",
          display_name: "x",
        }),
      removed: () => callAsAdministrator(endpoint, "DELETE", DENY),
      "group widened": () =>
        callAsAdministrator(endpoint, "PATCH", `${GROUPS}/pg-applications`, {
          ...endpoint.manager.read(`${GROUPS}/pg-applications`),
          expression: [{ resource_type: "IPAddressExpression", ip_addresses: ["10.0.0.0/8"] }],
        }),
      "policy limited to a time": () =>
        callAsAdministrator(endpoint, "PATCH", POLICY, {
          ...endpoint.manager.read(POLICY),
          scheduler_path: "/infra/firewall-schedulers/never",
        }),
      "policy removed": () => callAsAdministrator(endpoint, "DELETE", POLICY),
    };
    const state = await created(endpoint);
    const inputs = inputsFor(endpoint);
    const untouched = await provider().read(POLICY, state);
    assert.deepEqual(untouched.props, state, "a refresh without drift changes nothing");
    for (const [what, edit] of Object.entries(edits)) {
      await edit();
      const { id, props } = await provider().read(POLICY, state);
      assert.equal(id, POLICY, what);
      assert.notDeepEqual(props?.objects, state.objects, `${what} shows in a refresh`);
      assert.deepEqual(
        await provider().diff(POLICY, props as FirewallState, inputs),
        { changes: true },
        what,
      );
      const repaired = outsOf(await provider().update(POLICY, props as FirewallState, inputs));
      assert.deepEqual(repaired.objects, state.objects, `${what} is put right`);
    }
    await callAsAdministrator(endpoint, "DELETE", POLICY);
    for (const path of paths()) await callAsAdministrator(endpoint, "DELETE", path);
    assert.deepEqual(await provider().read(POLICY, state), {}, "everything gone: Pulumi makes it anew");
  });

  it("replaces for another policy id or domain, the new one first, and changes for anything else", async () => {
    const state = await created(endpoint);
    for (const change of [{ policyId: "pg2" }, { domain: "other" }])
      assert.deepEqual(await provider().diff(POLICY, state, inputsFor(endpoint, change)), {
        changes: true,
        replaces: ["firewall"],
        deleteBeforeReplace: false,
      });
    const { changes, replaces } = await provider().diff(
      POLICY,
      state,
      inputsFor(endpoint, { category: "Environment", deny: { action: "REJECT" } }),
    );
    assert.deepEqual([changes, replaces], [true, undefined]);
    const next = await created(endpoint, inputsFor(endpoint, { policyId: "pg2" }));
    await provider().delete(POLICY, state);
    assert.ok(endpoint.manager.intent.has(next.policyPath), "the new one stays when the old one goes");
    assert.equal(paths().length, 6);
  });

  it("leaves nothing of its own after a deletion, and touches nothing of others", async () => {
    const foreign = "/infra/domains/default/security-policies/foreign";
    await callAsAdministrator(endpoint, "PUT", `${GROUPS}/foreign`, {});
    await callAsAdministrator(endpoint, "PUT", "/infra/services/foreign", { service_entries: [] });
    await callAsAdministrator(endpoint, "PUT", foreign, { category: "Application" });
    await callAsAdministrator(endpoint, "PUT", `${foreign}/rules/r`, {
      action: "ALLOW",
      source_groups: [`${GROUPS}/foreign`],
    });
    const others = paths().map((path) => endpoint.manager.read(path));
    const state = await created(endpoint);
    await provider().delete(POLICY, state);
    assert.deepEqual(
      paths().map((path) => endpoint.manager.read(path)),
      others,
    );
    const { body } = await callAsAdministrator(
      endpoint,
      "GET",
      `/search/query?query=${encodeURIComponent("tags.scope:pgkeep")}`,
    );
    assert.equal(body["result_count"], 0);
    await provider().delete(POLICY, state);
  });

  it("removes the policy even while somebody still names a group, waits for that, and says it", async () => {
    const state = await created(endpoint);
    const foreign = "/infra/domains/default/security-policies/foreign";
    await callAsAdministrator(endpoint, "PUT", foreign, {
      category: "Application",
      scope: [`${GROUPS}/pg-databases`],
    });
    await assert.rejects(provider().delete(POLICY, state), /pg-databases.*being referenced.*foreign/);
    assert.ok(!endpoint.manager.intent.has(POLICY), "the policy went first");
    assert.ok(endpoint.manager.intent.has(foreign));
    const act = (): void => {
      endpoint.manager.remove(foreign);
    };
    endpoint.inject({ method: "PATCH", times: 2, fault: { kind: "slow", milliseconds: 0 } });
    endpoint.inject({ method: "PATCH", fault: { kind: "meanwhile", act } });
    await provider().delete(POLICY, state);
    assert.deepEqual(paths(), []);
  });

  it("waits until NSX has let go of what was removed, and of ids that are made again", async () => {
    const lingering = await startEndpoint({ removalDelay: 3_600_000 });
    const letGoAtCall = (call: number): void => {
      const act = (): void => {
        lingering.manager.settleRemovals();
      };
      lingering.inject({ method: "PATCH", times: call - 1, fault: { kind: "slow", milliseconds: 0 } });
      lingering.inject({ method: "PATCH", fault: { kind: "meanwhile", act } });
    };
    try {
      const state = await created(lingering);
      // The policy, the rest in vain, the rest again.
      letGoAtCall(3);
      await provider().delete(POLICY, state);
      assert.equal(lingering.manager.intent.size, 0);
      letGoAtCall(3);
      await provider().create(inputsFor(lingering));
      assert.equal(lingering.manager.intent.size, 6);
    } finally {
      await lingering.close();
    }
  });

  it("takes over what an unfinished attempt of its own left, and refuses what is somebody else's", async () => {
    await created(endpoint);
    await created(endpoint);
    await assert.rejects(
      provider().create({ ...inputsFor(endpoint), owner: "other/stack/pg" }),
      /SecurityPolicy pg exists and is not this firewall's; give another policyId/,
    );
    const before = endpoint.manager.history.length;
    const unmarked = { ...endpoint.manager.read(`${GROUPS}/pg-databases`), tags: [] };
    await callAsAdministrator(endpoint, "PATCH", `${GROUPS}/pg-databases`, unmarked);
    await assert.rejects(provider().create(inputsFor(endpoint)), /Group pg-databases exists/);
    assert.equal(endpoint.manager.history.length, before + 1, "nothing was written");
  });

  it("says that it imports nothing", async () => {
    await created(endpoint);
    await assert.rejects(async () => provider().read(POLICY), /cannot be imported; declare it/);
  });

  it("keeps to the firewall when the stack is renamed", async () => {
    const state = await created(endpoint);
    const renamed = { ...inputsFor(endpoint), owner: "shop/production/pg" };
    assert.deepEqual(await provider().diff(POLICY, state, renamed), { changes: true });
    const next = outsOf(await provider().update(POLICY, state, renamed));
    await provider().delete(POLICY, next);
    assert.deepEqual(paths(), []);
  });

  it("still knows its objects when the update after a rename was cut off", async () => {
    for (const next of ["update", "delete"] as const) {
      const state = await created(endpoint);
      const renamed = { ...inputsFor(endpoint), owner: "shop/production/pg" };
      endpoint.inject({ method: "PATCH", times: 100, fault: { kind: "drop-before" } });
      const failed = await provider({ attempts: 2 })
        .update(POLICY, state, renamed)
        .then(
          () => assert.fail("it must fail"),
          (error: Error & { properties?: FirewallState }) => error.properties as FirewallState,
        );
      endpoint.clearFaults();
      const last = next === "delete" ? failed : outsOf(await provider().update(POLICY, failed, renamed));
      if (next === "update") assert.equal(last.formerOwner, undefined);
      await provider().delete(POLICY, last);
      assert.deepEqual(paths(), []);
    }
  });

  it("reads lists of many pages", async () => {
    const paged = await startEndpoint({ pageSize: 2 });
    try {
      const rules = Array.from({ length: 7 }, (_, i) => rule(`rule-${i}`));
      const state = await created(paged, inputsFor(paged, { rules }));
      assert.equal(state.objects.rules.length, 8);
      await provider().update(POLICY, state, inputsFor(paged, { rules: rules.slice(0, 1) }));
      assert.equal([...paged.manager.intent.values()].filter(({ kind }) => kind === "Rule").length, 2);
    } finally {
      await paged.close();
    }
  });
});
