import assert from "node:assert/strict";
import {
  decide,
  derivedModel,
  evaluateNsx,
  parseNsx,
  type Endpoint,
  type Packet,
} from "../../components/access/index.js";
import { parseEnvironment, PURPOSES } from "../../components/declaration/index.js";
import { clusterFirewall, ClusterIsolation, GUEST_TAG_SCOPE, guestTag } from "../../components/nsx/index.js";
import { objectsOf } from "../../components/nsx/objects.js";
import { parseFirewall } from "../../components/nsx/parse-firewall.js";
import { planFirewall } from "../../components/nsx/plan.js";
import { PORTS } from "../../components/postgres/index.js";
import { recoveryPlan, type RecoveryPlan } from "../../components/recovery/index.js";
import { requireParsed } from "../../components/dynamic/parse.js";
import { vmwareEnvironment } from "../fixtures/environment.js";
import { record } from "../libvirt/recorder.js";

const manager = {
  address: "nsx.example.org",
  port: 443,
  sites: ["a"],
  authentication: "session",
  credentials: "PGKEEP_NSX",
} as const;

function planOf(): RecoveryPlan {
  return recoveryPlan(parseEnvironment(vmwareEnvironment()));
}

/** Everybody who may take part, as NSX sees them: guests of `sites` by their tags. */
function endpoints(plan: RecoveryPlan, sites: readonly string[]): (Endpoint & { readonly guest?: string })[] {
  const { access, failover, hardening, vmware } = plan.environment;
  const others = [
    ...access.groups.flatMap(({ networks }) => networks.map((network) => network.split("/")[0] ?? "")),
    ...(vmware?.hosts.map(({ address }) => address) ?? []),
    ...(failover.redirect.kind === "dns" ? [failover.redirect.server] : []),
    ...hardening.ntp,
    "203.0.113.77",
  ];
  return [
    ...plan.guests.flatMap(({ name, site, addresses }) =>
      PURPOSES.map((purpose) => ({
        guest: name,
        address: addresses[purpose],
        ...(sites.includes(site) ? { tags: [`${GUEST_TAG_SCOPE}|${guestTag(plan, name)}`] } : {}),
      })),
    ),
    ...others.map((address) => ({ address })),
  ];
}

const CALLS: readonly Pick<Packet, "protocol" | "port">[] = [
  ...[...Object.values(PORTS), 22, 53, 80].map((port) => ({ protocol: "tcp", port }) as const),
  ...[53, 123, 5432].map((port) => ({ protocol: "udp", port }) as const),
];

describe("the firewall of a cluster in NSX", () => {
  for (const sites of [["a"], ["b", "w"], ["a", "b", "w"]])
    it(`decides every packet at the guests of ${sites.join(", ")} as the access model does, addresses of one guest taken as one`, () => {
      const plan = planOf();
      const model = derivedModel(plan, PORTS);
      const firewall = requireParsed(
        parseFirewall({ manager: { address: "nsx.example.org" }, ...clusterFirewall(plan, sites, PORTS) }),
      );
      const body = planFirewall(
        "default",
        { groups: [], services: [], rules: [] },
        objectsOf(firewall, "a/b/c"),
      ).write;
      const state = parseNsx(body);
      const all = endpoints(plan, sites);
      const sameGuest = (one: (typeof all)[number]): (typeof all)[number][] =>
        one.guest === undefined ? [one] : all.filter(({ guest }) => guest === one.guest);
      let allowed = 0;
      let cases = 0;
      for (const from of all)
        for (const to of all)
          for (const call of CALLS) {
            // Neither end's VM is known to this manager, or nothing leaves the VM.
            if ((from.tags ?? to.tags) === undefined || (from.guest !== undefined && from.guest === to.guest))
              continue;
            cases += 1;
            const expected = sameGuest(from).some((source) =>
              sameGuest(to).some(
                (target) => decide(model, { from: source, to: target, ...call }).verdict === "allow",
              ),
            );
            const { verdict } = evaluateNsx(state, { from, to, ...call });
            assert.equal(verdict === "accept", expected, JSON.stringify({ from, to, call, verdict }));
            if (expected) allowed += 1;
          }
      assert.ok(allowed > 20 && cases > (20 * allowed) / 10, `${allowed} of ${cases} are allowed`);
    });

  it("tags each VM that the manager knows, and isolates them all", async () => {
    const plan = planOf();
    const resources = await record(
      () =>
        new ClusterIsolation("orders-a", {
          plan,
          manager: { ...manager, sites: ["a"] },
          virtualMachines: { "pg-a1": "uuid-1" },
        }),
    );
    const tags = resources.filter(({ type }) => type === "pulumi-nodejs:dynamic/nsx:TagAssignment");
    assert.deepEqual(
      tags
        .map(({ inputs }) => inputs["assignment"] as { tag: string; virtualMachines: string[] })
        .map(({ tag, virtualMachines }) => [tag, virtualMachines]),
      [["orders.pg-a1", ["uuid-1"]]],
    );
    const [intent] = resources.filter(({ type }) => type === "pulumi-nodejs:dynamic/nsx:FirewallIntent");
    assert.deepEqual((intent?.inputs["firewall"] as { isolate: string[] }).isolate, ["pg-a1"]);
  });

  it("refuses a guest whose VM is not named, with all that are missing", async () => {
    await assert.rejects(
      record(
        () =>
          new ClusterIsolation("orders", {
            plan: planOf(),
            manager: { ...manager, sites: ["a", "w"] },
            virtualMachines: {},
          }),
      ),
      /ClusterIsolation orders:\n {2}virtualMachines: has no VM of pg-a1, w1; give the UUID of each/,
    );
  });
});
