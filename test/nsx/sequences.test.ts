import assert from "node:assert/strict";
import fc from "fast-check";
import { ApiError } from "../../components/rest/errors.js";
import type { FirewallState } from "../../components/nsx/provider/index.js";
import type { NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import { cuts, injectCut } from "../endpoints/cuts.js";
import { openMoments } from "./open-moments.js";
import { DENY, firewallArgs, inputsFor, outsOf, POLICY, provider, startEndpoint } from "./samples.js";

const { groups, services, rules } = firewallArgs();
const [rule] = rules;
/** Firewalls that add and remove groups, services and rules to and from each other. */
const VARIANTS = [
  {},
  {
    groups: [...groups, { id: "late", members: [{ addresses: ["10.7.0.1"] }] }],
    rules: [...rules, { ...rule, id: "late", sources: ["late"] }],
  },
  {
    services: [...services, { id: "metrics", entries: [{ id: "tcp", ports: ["9187"] }] }],
    rules: [{ ...rule, id: "metrics", services: ["metrics"] }],
  },
] as Parameters<typeof inputsFor>[1][];

const cut = cuts(16);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("up" as const), variant: fc.nat({ max: 2 }), cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("destroy" as const), cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refresh" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tamper" as const), how: fc.nat({ max: 2 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What Pulumi would do and keep. */
class Stack {
  private state: FirewallState | undefined;

  constructor(private readonly endpoint: NsxEndpoint) {}

  async run(one: Step): Promise<void> {
    if (one.do === "tamper") this.tamper(one.how);
    else if (one.do === "refresh") await this.refresh();
    else {
      injectCut(this.endpoint, one.cut);
      await (one.do === "up" ? this.up(one.variant) : this.destroy()).catch((error: unknown) => {
        const { properties } = error as { properties?: FirewallState };
        if (properties === undefined && !(error instanceof ApiError)) throw error;
        // Pulumi keeps what the error carries.
        this.state = properties ?? this.state;
      });
      this.endpoint.clearFaults();
    }
    if (this.state === undefined)
      assert.equal(this.endpoint.manager.intent.size, 0, "nothing is in NSX that Pulumi does not know of");
  }

  async up(variant: number): Promise<void> {
    const inputs = inputsFor(this.endpoint, VARIANTS[variant]);
    const impatient = provider({ attempts: 2 });
    this.state = outsOf(
      await (this.state === undefined
        ? impatient.create(inputs)
        : impatient.update(POLICY, this.state, inputs)),
    );
  }

  async destroy(): Promise<void> {
    if (this.state === undefined) return;
    await provider({ attempts: 2 }).delete(POLICY, this.state);
    this.state = undefined;
  }

  async isSettled(variant: number): Promise<boolean> {
    if (this.state === undefined) return false;
    return (
      (await provider().diff(POLICY, this.state, inputsFor(this.endpoint, VARIANTS[variant]))).changes ===
      false
    );
  }

  private async refresh(): Promise<void> {
    if (this.state !== undefined) this.state = (await provider().read(POLICY, this.state)).props;
  }

  private tamper(how: number): void {
    const { manager } = this.endpoint;
    if (!manager.intent.has(DENY)) return;
    if (how === 0) manager.remove(DENY);
    if (how === 1) manager.patch("Rule", `${POLICY}/rules/back-door`, { action: "ALLOW" });
    if (how === 2) manager.remove(POLICY);
  }
}

describe("distributed firewall in any sequence of operations, cuts and tampering", function () {
  this.timeout(120_000);

  it("property: never writes an open policy, loses sight of nothing, ends as declared, and leaves nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 7 }),
        fc.nat({ max: 2 }),
        async (steps, last) => {
          const endpoint = await startEndpoint();
          try {
            const stack = new Stack(endpoint);
            for (const one of steps) await stack.run(one);
            await stack.up(last);
            assert.ok(await stack.isSettled(last));
            await stack.destroy();
            assert.deepEqual([...endpoint.manager.intent.keys()], []);
            const ours = endpoint.manager.history.filter(({ cause }) => cause === "PATCH /infra");
            assert.deepEqual(openMoments(ours), []);
          } finally {
            await endpoint.close();
          }
        },
      ),
      { numRuns: Number(process.env["PGKEEP_TEST_RUNS"] ?? 10) },
    );
  });
});
