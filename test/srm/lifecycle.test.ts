import assert from "node:assert/strict";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import {
  at,
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
  VCENTERS,
  VM_A,
  VM_B,
  type GroupState,
  type MappingsState,
  type PlanState,
} from "./samples.js";

describe("SRM objects against the endpoint", function () {
  this.timeout(300_000);

  let endpoint: SrmEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint({ taskDuration: 3, pageSize: 2 });
  });
  afterEach(() => endpoint.close());

  const plan = () => {
    const [found] = endpoint.world.plans.values();
    if (found === undefined) throw new Error("there is no plan");
    return found;
  };
  const group = () => {
    const [found] = endpoint.world.groups.values();
    if (found === undefined) throw new Error("there is no group");
    return found;
  };
  const writes = (): number =>
    endpoint.sites[1].calls.filter(({ method, url }) => method !== "GET" && !/session$/.test(url)).length;

  it("makes mappings both ways, replications with their objectives, the group and the plan, and ends its sessions", async () => {
    const made = await makeAll(endpoint);
    const [a, b] = endpoint.world.sites;
    assert.deepEqual(
      [a.mappings.networks, b.mappings.networks].map((list) =>
        list.map(({ source, target }) => [source, target]),
      ),
      [
        [[at(0, "Network", "network-1"), at(1, "Network", "network-1")]],
        [[at(1, "Network", "network-1"), at(0, "Network", "network-1")]],
      ],
    );
    const replications = [...endpoint.world.replications.values()].map(({ vm, spec }) => [
      vm.name,
      spec["rpo"],
      spec["target_vc_id"],
      (spec["disks"] as { vm_disk: { device_key: number } }[]).map(({ vm_disk: disk }) => disk.device_key),
    ]);
    assert.deepEqual(replications, [
      ["pg-a1", 15, VCENTERS[1], [2000, 2001]],
      ["etcd-a1", 60, VCENTERS[1], [2000]],
    ]);
    assert.deepEqual(
      group().vms.map(({ name }) => name),
      ["pg-a1", "etcd-a1"],
    );
    assert.match(group().description, /\[pgkeep shop\/prod\/pg\]$/);
    assert.equal(made.plan.objectId, plan().id);
    const places = plan().callouts.recovery.map(({ name, position }) => `${name} ${position}`);
    assert.deepEqual(places.toSorted(), [
      "fence BEFORE_PREPARE_STORAGE",
      "promote BEFORE_RECOVER_PRIORITY_3_VMS",
      "redirect AT_END",
      "shut down BEFORE_SHUTDOWN_PROTECTED_SITE_VMS",
    ]);
    assert.deepEqual(
      plan().callouts.test.map(({ name }) => name),
      ["promote"],
      "a test neither shuts down, fences nor redirects",
    );
    assert.deepEqual(
      [plan().settings.get("pg-a1")?.["priority"], plan().settings.get("etcd-a1")?.["priority"]],
      ["P2", "P1"],
    );
    assert.equal(endpoint.sites[0].openSessions + endpoint.sites[1].openSessions, 0);
  });

  it("changes nothing when nothing changed, and refreshes without drift", async () => {
    const made = await makeAll(endpoint);
    const before = writes();
    const news = inputs.plan(planArgs(endpoint, made.group.objectId));
    assert.deepEqual(await provider.plan().diff(OWNER, made.plan, news), { changes: false });
    assert.deepEqual(await provider.group().diff(OWNER, made.group, inputs.group(groupArgs(endpoint))), {
      changes: false,
    });
    assert.deepEqual((await provider.plan().read(OWNER, made.plan)).props, made.plan);
    assert.deepEqual((await provider.group().read(OWNER, made.group)).props, made.group);
    assert.deepEqual((await provider.mappings().read(OWNER, made.mappings)).props, made.mappings);
    await provider.plan().update(OWNER, made.plan, news);
    await provider.group().update(OWNER, made.group, inputs.group(groupArgs(endpoint)));
    assert.equal(writes(), before);
  });

  it("applies a changed objective, priority, command and order, each by itself", async () => {
    const made = await makeAll(endpoint);
    const { virtualMachines = [] } = groupArgs(endpoint);
    const [first, second] = virtualMachines;
    assert.ok(first?.replication !== undefined && second !== undefined);
    const faster = groupArgs(endpoint, {
      virtualMachines: [{ ...first, replication: { ...first.replication, rpo: 5 } }, second],
    });
    assert.deepEqual(await provider.group().diff(OWNER, made.group, inputs.group(faster)), { changes: true });
    outsOf(await provider.group().update(OWNER, made.group, inputs.group(faster)));
    assert.deepEqual(
      [...endpoint.world.replications.values()].map(({ spec }) => spec["rpo"]),
      [5, 60],
    );
    const callouts = [
      {
        name: "promote",
        command: "/opt/step promote --now",
        at: "BEFORE_RECOVER_PRIORITY_3_VMS",
        in: ["recovery"],
      },
      { name: "before it", prompt: "ready?", at: "BEFORE_PREPARE_STORAGE" },
      { name: "fence", command: "/opt/step fence", timeout: 90, at: "BEFORE_PREPARE_STORAGE" },
    ] as const;
    const news = inputs.plan(
      planArgs(endpoint, made.group.objectId, { callouts, virtualMachines: [{ id: VM_A, priority: 4 }] }),
    );
    const next = outsOf(await provider.plan().update(OWNER, made.plan, news));
    const kept = plan().callouts.recovery.map((one) => [one.name, one.content, one.timeout_seconds]);
    assert.deepEqual(
      new Set(kept.map((one) => one.join(" "))),
      new Set(["before it ready? 0", "fence /opt/step fence 90", "promote /opt/step promote --now 300"]),
    );
    const steps = plan()
      .lines("recovery")
      .flatMap(({ callout }) => (callout === undefined ? [] : [callout.name]));
    assert.deepEqual(steps, ["before it", "fence", "promote"], "in the declared order");
    assert.deepEqual(plan().callouts.test, []);
    assert.equal(plan().settings.get("pg-a1")?.["priority"], "P4");
    assert.deepEqual(await provider.plan().diff(OWNER, next, news), { changes: false });
  });

  it("finds what was changed behind its back, and puts it right", async () => {
    const made = await makeAll(endpoint);
    const edits: Record<string, () => void> = {
      "a callout edited": () => {
        plan().callouts.recovery = plan().callouts.recovery.map((one) => ({ ...one, content: "/bin/true" }));
      },
      "a callout removed": () => {
        plan().callouts.recovery = plan().callouts.recovery.slice(1);
      },
      "a callout added": () => {
        plan().callouts.test.push({
          id: "x",
          name: "x",
          content: "/bin/x",
          callout_type: "RUN_ON_SRM_SERVER",
          timeout_seconds: 1,
          position: "AT_END",
        });
      },
      "a priority changed": () => {
        plan().settings.set("pg-a1", { ...plan().settings.get("pg-a1"), priority: "P5" });
      },
      "a test network removed": () => {
        plan().testNetworks = [];
      },
      "the group taken out": () => {
        plan().groups = [];
      },
      "the plan renamed": () => {
        plan().name = "renamed";
      },
    };
    for (const [what, edit] of Object.entries(edits)) {
      edit();
      const { props } = await provider.plan().read(OWNER, made.plan);
      const news = inputs.plan(planArgs(endpoint, made.group.objectId));
      assert.deepEqual(await provider.plan().diff(OWNER, props as PlanState, news), { changes: true }, what);
      const repaired = outsOf(await provider.plan().update(OWNER, props as PlanState, news));
      assert.deepEqual(repaired.facts, made.plan.facts, `${what} is put right`);
    }
    group().vms = group().vms.slice(1);
    const [replication] = endpoint.world.replications.values();
    if (replication !== undefined) replication.spec = { ...replication.spec, rpo: 1440 };
    const { props } = await provider.group().read(OWNER, made.group);
    const repaired = outsOf(
      await provider.group().update(OWNER, props as GroupState, inputs.group(groupArgs(endpoint))),
    );
    assert.deepEqual(repaired.facts, made.group.facts);
    endpoint.world.plans.clear();
    assert.deepEqual(await provider.plan().read(OWNER, made.plan), {}, "gone: Pulumi makes it anew");
  });

  it("protects datastores of an array, at one instant", async () => {
    await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
    const args = groupArgs(endpoint, {
      array: { pair: "array-pair-1", datastores: [at(0, "Datastore", "ds-1")] },
    });
    const { virtualMachines: _vms, ...array } = args;
    const state = outsOf(await provider.group().create(inputs.group(array)));
    assert.deepEqual(
      [group().type, group().arrayPair, group().datastores],
      ["ABR", "array-pair-1", [at(0, "Datastore", "ds-1")]],
    );
    assert.deepEqual((await provider.group().read(OWNER, state)).props, state);
    await provider.group().delete(OWNER, state);
    assert.equal(endpoint.world.groups.size, 0);
  });

  it("leaves nothing of its own after a deletion, and touches nothing of others", async () => {
    const foreign = {
      id: "foreign",
      source: at(0, "Network", "network-7"),
      target: at(1, "Network", "network-7"),
    };
    endpoint.world.sites[0].mappings.networks.push(foreign);
    const made = await makeAll(endpoint);
    await assert.rejects(provider.group().delete(OWNER, made.group), /is used by recovery plan pg-failover/);
    await provider.plan().delete(OWNER, made.plan);
    await provider.group().delete(OWNER, made.group);
    await provider.mappings().delete(OWNER, made.mappings);
    const { world } = endpoint;
    assert.deepEqual([world.plans.size, world.groups.size, world.replications.size], [0, 0, 0]);
    assert.deepEqual(world.sites[0].mappings.networks, [foreign]);
    assert.deepEqual(world.sites[1].mappings.networks, []);
    await provider.plan().delete(OWNER, made.plan);
    await provider.group().delete(OWNER, made.group);
  });

  it("ends the replication of a VM that is not declared any more, and no other", async () => {
    const made = await makeAll(endpoint, { virtualMachines: [] });
    const { virtualMachines = [] } = groupArgs(endpoint);
    const fewer = inputs.group(groupArgs(endpoint, { virtualMachines: virtualMachines.slice(0, 1) }));
    const next = outsOf(await provider.group().update(OWNER, made.group, fewer));
    assert.deepEqual(
      [...endpoint.world.replications.values()].map(({ vm }) => vm.name),
      ["pg-a1"],
    );
    assert.deepEqual(next.made, [VM_A]);
  });

  it("refuses what is somebody else's: names, replications, mappings", async () => {
    const made = await makeAll(endpoint);
    const other = { owner: "other/stack/pg" };
    await assert.rejects(
      provider.plan().create({ ...inputs.plan(planArgs(endpoint, made.group.objectId)), ...other }),
      /recovery plan pg-failover exists and is not this stack's/,
    );
    await assert.rejects(
      provider.group().create({ ...inputs.group(groupArgs(endpoint)), ...other }),
      /vm-80.* is replicated, but not by this stack; leave out its replication/,
    );
    const elsewhere = mappingsArgs(endpoint, {
      networks: [{ protected: at(0, "Network", "network-1"), recovery: at(1, "Network", "network-2") }],
    });
    await assert.rejects(
      provider.mappings().create({ ...inputs.mappings(elsewhere), ...other }),
      /network-1.* is mapped to something else already/,
    );
    const same = outsOf(
      await provider.mappings().create({ ...inputs.mappings(mappingsArgs(endpoint)), ...other }),
    );
    assert.deepEqual(same.made, [], "what was there before is used");
    await provider.mappings().delete(OWNER, same as MappingsState);
    assert.equal(endpoint.world.sites[0].mappings.networks.length, 1, "and stays");
  });

  it("says what SRM alone can know: a VM without mapping, an objective too short, a VM that is in no group", async () => {
    const unmapped = await failure<GroupState>(provider.group().create(inputs.group(groupArgs(endpoint))));
    assert.match(
      unmapped.message,
      /does not protect pg-a1 \(MISSING_MAPPING\), etcd-a1.*declare the InventoryMappings/,
    );
    assert.ok(unmapped.properties !== undefined, "the group is there: Pulumi has to know");
    await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
    const group = outsOf(
      await provider.group().update(OWNER, unmapped.properties, inputs.group(groupArgs(endpoint))),
    );
    const stranger = planArgs(endpoint, group.objectId, {
      virtualMachines: [{ id: at(0, "VirtualMachine", "vm-82") }],
    });
    await assert.rejects(
      provider.plan().create(inputs.plan(stranger)),
      /vm-82.* is in no protection group of the plan/,
    );
    const slow = await startEndpoint({ minRpo: 30 });
    try {
      await assert.rejects(
        provider.group().create(inputs.group(groupArgs(slow))),
        /replicated every 30 minutes at best, not every 15; give rpo 30 or more/,
      );
      assert.equal(slow.world.replications.size, 0, "nothing half-made");
    } finally {
      await slow.close();
    }
  });

  it("neither changes nor deletes a plan whose state forbids it, and says what to do", async () => {
    const made = await makeAll(endpoint);
    endpoint.world.run(plan(), "test", "somebody", {});
    endpoint.world.settle(Date.now() + 1000);
    assert.equal(plan().status, "TEST_COMPLETE");
    for (const work of [
      () => provider.plan().delete(OWNER, made.plan),
      () =>
        provider
          .plan()
          .update(OWNER, made.plan, inputs.plan(planArgs(endpoint, made.group.objectId, { callouts: [] }))),
    ])
      await assert.rejects(
        work,
        /recovery plan pg-failover cannot be (deleted|changed): it is TEST_COMPLETE, tested; .*run `pgkeep recovery-plan cleanup`/,
      );
    assert.equal(endpoint.world.plans.size, 1);
  });

  it("replaces for other sites or another kind of replication, the old one first", async () => {
    const made = await makeAll(endpoint);
    const { virtualMachines: _vms, ...array } = groupArgs(endpoint, {
      array: { pair: "array-pair-1", datastores: [at(0, "Datastore", "ds-1")] },
    });
    assert.deepEqual(await provider.group().diff(OWNER, made.group, inputs.group(array)), {
      changes: true,
      replaces: ["declared"],
      deleteBeforeReplace: true,
    });
  });

  it("keeps to its objects when the stack is renamed", async () => {
    const made = await makeAll(endpoint);
    const renamed = { ...inputs.group(groupArgs(endpoint)), owner: "shop/production/pg" };
    assert.deepEqual(await provider.group().diff(OWNER, made.group, renamed), { changes: true });
    outsOf(await provider.group().update(OWNER, made.group, renamed));
    assert.match(group().description, /\[pgkeep shop\/production\/pg\]$/);
    assert.equal(endpoint.world.groups.size, 1);
    assert.deepEqual(
      group().vms.map((vm) => endpoint.world.vmId(vm, 0)),
      [VM_A, VM_B],
    );
  });
});
