import assert from "node:assert/strict";
import fc from "fast-check";
import { ApiError } from "../../components/rest/errors.js";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import { cuts, injectCut } from "../endpoints/cuts.js";
import {
  groupArgs,
  inputs,
  mappingsArgs,
  outsOf,
  OWNER,
  planArgs,
  provider,
  startEndpoint,
  VM_A,
  type GroupState,
  type PlanState,
} from "./samples.js";

type GroupChange = Parameters<typeof groupArgs>[1];
type PlanChange = Parameters<typeof planArgs>[2];

/** Declarations that add and remove VMs, commands and priorities to and from each other. */
const variants = (
  endpoint: SrmEndpoint,
): readonly { readonly group: GroupChange; readonly plan: PlanChange }[] => {
  const { virtualMachines = [] } = groupArgs(endpoint);
  return [
    { group: {}, plan: {} },
    {
      group: { virtualMachines: virtualMachines.slice(0, 1) },
      plan: { virtualMachines: [{ id: VM_A, priority: 5 }], callouts: [], testNetworks: [] },
    },
    {
      group: { description: "orders" },
      plan: {
        description: "orders",
        callouts: [
          { name: "promote", command: "/opt/step promote --now", at: "AT_END", in: ["test"] },
          { name: "fence", command: "/opt/step fence", timeout: 7, at: "BEFORE_PREPARE_STORAGE" },
        ],
      },
    },
  ];
};

const cut = cuts(60);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("up" as const), variant: fc.nat({ max: 2 }), cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("destroy" as const), cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refresh" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tamper" as const), how: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("run and clean up" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What Pulumi would do and keep, of one group and one plan. */
class Stack {
  private group: GroupState | undefined;
  private plan: PlanState | undefined;

  constructor(private readonly endpoint: SrmEndpoint) {}

  async run(one: Step): Promise<void> {
    if (one.do === "tamper") this.tamper(one.how);
    else if (one.do === "refresh") await this.refresh();
    else if (one.do === "run and clean up") this.runPlan();
    else {
      injectCut(this.endpoint.sites[1], one.cut);
      await (one.do === "up" ? this.up(one.variant) : this.destroy()).catch((error: unknown) => {
        if (!(error instanceof Error)) throw error;
        // Unfinished errors are plain ones; all others of SRM have a class.
        if (!(error instanceof ApiError) && !("properties" in error)) throw error;
      });
      this.endpoint.sites[1].clearFaults();
    }
    const { groups, plans, replications } = this.endpoint.world;
    if (this.plan === undefined) assert.equal(plans.size, 0, "no plan that Pulumi does not know of");
    if (this.group === undefined)
      assert.deepEqual([groups.size, replications.size], [0, 0], "no group that Pulumi does not know of");
  }

  async up(variant: number): Promise<void> {
    const [group, plan] = [provider.group({ attempts: 2 }), provider.plan({ attempts: 2 })];
    const { groupInputs, planInputs } = this.inputs(variant);
    const before = this.group;
    this.group = await keeping(
      () => (before === undefined ? group.create(groupInputs) : group.update(OWNER, before, groupInputs)),
      (state) => (this.group = state),
    );
    const { plan: known } = this;
    const news = planInputs(this.group.objectId);
    this.plan = await keeping(
      () => (known === undefined ? plan.create(news) : plan.update(OWNER, known, news)),
      (state) => (this.plan = state),
    );
  }

  async destroy(): Promise<void> {
    if (this.plan !== undefined) await provider.plan({ attempts: 2 }).delete(OWNER, this.plan);
    this.plan = undefined;
    if (this.group !== undefined) await provider.group({ attempts: 2 }).delete(OWNER, this.group);
    this.group = undefined;
  }

  async isSettled(variant: number): Promise<boolean> {
    if (this.group === undefined || this.plan === undefined) return false;
    const { groupInputs, planInputs } = this.inputs(variant);
    const diffs = [
      await provider.group().diff(OWNER, this.group, groupInputs),
      await provider.plan().diff(OWNER, this.plan, planInputs(this.group.objectId)),
    ];
    await this.refresh();
    diffs.push(await provider.plan().diff(OWNER, this.plan, planInputs(this.group.objectId)));
    return diffs.every(({ changes }) => changes === false);
  }

  private inputs(variant: number) {
    const change = variants(this.endpoint)[variant];
    return {
      groupInputs: inputs.group(groupArgs(this.endpoint, change?.group)),
      planInputs: (group: string) => inputs.plan(planArgs(this.endpoint, group, change?.plan)),
    };
  }

  private async refresh(): Promise<void> {
    if (this.group !== undefined)
      this.group = (await provider.group().read(OWNER, this.group)).props ?? this.group;
    if (this.plan !== undefined)
      this.plan = (await provider.plan().read(OWNER, this.plan)).props ?? this.plan;
  }

  private tamper(how: number): void {
    for (const plan of this.endpoint.world.plans.values()) {
      if (how === 0) plan.callouts.recovery = plan.callouts.recovery.toReversed();
      if (how === 1) plan.settings.clear();
      if (how === 2) plan.description = "changed by hand [pgkeep shop/prod/pg]";
      if (how === 3) plan.callouts.test = [];
    }
  }

  /** Somebody tests the plan, and cleans up: it is as it was. */
  private runPlan(): void {
    const { world } = this.endpoint;
    for (const plan of world.plans.values())
      for (const mode of ["test", "cleanup"] as const) {
        if (plan.groups.length === 0) continue;
        world.run(plan, mode, "somebody", {});
        world.settle(Date.now() + 1000);
      }
  }
}

/** What Pulumi keeps of a call: its state, or the one that its error carries. */
async function keeping<S>(
  call: () => Promise<{ outs?: S | undefined }>,
  keep: (state: S) => void,
): Promise<S> {
  try {
    return outsOf(await call());
  } catch (error) {
    const { properties } = error as { properties?: S };
    if (properties !== undefined) keep(properties);
    throw error;
  }
}

describe("SRM objects in any sequence of operations, cuts and tampering", function () {
  this.timeout(300_000);

  it("property: loses sight of nothing, ends as declared, and leaves nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 6 }),
        fc.nat({ max: 2 }),
        async (steps, last) => {
          const endpoint = await startEndpoint();
          try {
            await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
            const stack = new Stack(endpoint);
            for (const one of steps) await stack.run(one);
            await stack.up(last);
            assert.ok(await stack.isSettled(last));
            await stack.destroy();
            const { groups, plans, replications } = endpoint.world;
            assert.deepEqual([groups.size, plans.size, replications.size], [0, 0, 0]);
          } finally {
            await endpoint.close();
          }
        },
      ),
      { numRuns: Number(process.env["PGKEEP_TEST_RUNS"] ?? 6) },
    );
  });
});
