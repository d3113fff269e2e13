import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { requireParsed } from "../../components/dynamic/parse.js";
import { canonicalObject, canonicalObjects, sameObjects } from "../../components/nsx/canonical.js";
import type { Firewall } from "../../components/nsx/firewall-schema.js";
import { objectsOf, type FirewallObjects, type NsxObject } from "../../components/nsx/objects.js";
import { parseFirewall } from "../../components/nsx/parse-firewall.js";
import { planFirewall, planRemoval, type Plan } from "../../components/nsx/plan.js";
import type { JsonObject } from "../../components/rest/json.js";
import { Manager } from "../../lab/endpoints/nsx/index.js";
import { firewall, firewallArgs, GROUPS, OWNER, POLICY } from "./samples.js";

const octet = fc.integer({ min: 0, max: 255 });
const member = fc.oneof(
  fc.record({
    addresses: fc.uniqueArray(
      octet.map((n) => `10.0.0.${n}`),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ scope: fc.constantFrom("role", "tier"), tag: fc.constantFrom("db", "app", "web") }),
  fc.record({ virtualMachines: fc.uniqueArray(fc.constantFrom("vm-1", "vm-2", "vm-3"), { minLength: 1 }) }),
);
const members = fc.array(member, { minLength: 1, maxLength: 3 });
const port = fc.integer({ min: 1, max: 9999 }).map(String);

/** Firewalls that share ids, so that things are added, changed and removed between two of them. */
const firewalls: fc.Arbitrary<Firewall> = fc
  .record({
    databases: members,
    groups: fc.dictionary(fc.constantFrom("a", "b", "c"), members),
    services: fc.dictionary(fc.constantFrom("s", "t"), fc.uniqueArray(port, { minLength: 1, maxLength: 5 }), {
      minKeys: 1,
    }),
    rules: fc.uniqueArray(fc.constantFrom("r1", "r2", "r3", "r4"), { maxLength: 4 }),
    pick: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    action: fc.constantFrom("DROP" as const, "REJECT" as const),
    category: fc.constantFrom("Application" as const, "Environment" as const),
  })
  .map(({ databases, groups, services, rules, pick, action, category }) => {
    const sources = ["databases", ...Object.keys(groups)];
    const ports = Object.keys(services);
    return requireParsed(
      parseFirewall({
        ...firewallArgs(),
        groups: [
          { id: "databases", members: [...databases, { scope: "role", tag: "always" }] },
          ...Object.entries(groups).map(([id, list]) => ({ id, members: list })),
        ],
        services: ports.map((id) => ({ id, entries: [{ id: "e", ports: services[id] }] })),
        rules: rules.map((id, i) => ({
          id,
          sources: [sources[(pick[i] ?? 0) % sources.length]],
          destinations: ["databases"],
          services: [ports[(pick[i + 4] ?? 0) % ports.length]],
        })),
        deny: { action },
        category,
      }),
    );
  });

/** Everything that the manager has under the prefix of a firewall, as the provider reads it. */
function presentIn(manager: Manager): FirewallObjects {
  const below = (folder: string): NsxObject[] =>
    [...manager.intent.keys()]
      .filter(
        (path) =>
          path.startsWith(`${folder}/pg`) || (folder === `${POLICY}/rules` && path.startsWith(`${folder}/`)),
      )
      .map((path) => manager.read(path) as unknown as NsxObject);
  const policy = manager.intent.has(POLICY) ? (manager.read(POLICY) as unknown as NsxObject) : undefined;
  return {
    groups: below(GROUPS),
    services: below("/infra/services"),
    ...(policy === undefined ? {} : { policy }),
    rules: below(`${POLICY}/rules`),
  };
}

function carryOut(manager: Manager, plan: (present: FirewallObjects) => Plan): void {
  const { write } = plan(presentIn(manager));
  if (write !== undefined) manager.patchInfra(write, true);
  const { cleanUp } = plan(presentIn(manager));
  if (cleanUp !== undefined) manager.patchInfra(cleanUp, true);
}

function managerWithForeign(): Manager {
  const manager = new Manager({});
  const foreign = "/infra/domains/default/security-policies/foreign";
  manager.put("Group", `${GROUPS}/foreign`, {});
  manager.put("SecurityPolicy", foreign, { category: "Application", scope: [`${GROUPS}/foreign`] });
  return manager;
}

describe("plan of a distributed firewall", () => {
  it("property: carrying out what leads from one to another gives the other, and then nothing is left to do", () => {
    fc.assert(
      fc.property(firewalls, firewalls, (before, after) => {
        const manager = managerWithForeign();
        for (const one of [before, after]) {
          const wanted = objectsOf(one, OWNER);
          carryOut(manager, (present) => planFirewall("default", present, wanted));
          assert.ok(sameObjects(presentIn(manager), wanted));
          assert.deepEqual(planFirewall("default", presentIn(manager), wanted), {
            write: undefined,
            cleanUp: undefined,
          });
        }
        carryOut(manager, (present) => planRemoval("default", present));
        assert.deepEqual(
          [...manager.intent.keys()],
          [`${GROUPS}/foreign`, "/infra/domains/default/security-policies/foreign"],
        );
      }),
      { numRuns: 60 },
    );
  });

  it("property: what allows and what denies travel together, each time", () => {
    fc.assert(
      fc.property(firewalls, firewalls, (before, after) => {
        const present = objectsOf(before, OWNER);
        const { write } = planFirewall("default", present, objectsOf(after, OWNER));
        const text = JSON.stringify(write ?? {});
        assert.ok(!text.includes('"ALLOW"') || text.includes('"sequence_number":999999'), text);
        assert.ok(!/"id":"deny-everything-else"[^{}]*\},"marked_for_delete"/.test(text));
      }),
      { numRuns: 60 },
    );
  });

  it("marks what is removed, rules with the rules and groups and services in a call of their own", () => {
    const { groups, services, rules } = firewallArgs();
    const extra = firewall({
      groups: [...groups, { id: "old", members: [{ addresses: ["10.7.0.1"] }] }],
      services: [...services, { id: "old", entries: [{ id: "e", ports: ["1"] }] }],
      rules: [...rules, { id: "old", sources: ["old"], destinations: ["databases"], services: ["old"] }],
    });
    const plan = planFirewall("default", objectsOf(extra, OWNER), objectsOf(firewall(), OWNER));
    const marked = (body: object | undefined): string[] =>
      [
        ...JSON.stringify(body ?? {}).matchAll(
          /"resource_type":"Child(\w+)",[^[\]]*?"marked_for_delete":true/g,
        ),
      ].map(([, kind]) => String(kind));
    assert.deepEqual(marked(plan.write), ["Rule"]);
    assert.deepEqual(marked(plan.cleanUp), ["Service", "Group"]);
  });

  it("gives back the revisions that it read", () => {
    const wanted = objectsOf(firewall(), OWNER);
    const manager = new Manager({});
    carryOut(manager, (present) => planFirewall("default", present, wanted));
    const other = objectsOf(firewall({ displayName: "other" }), OWNER);
    const { write } = planFirewall("default", presentIn(manager), other);
    assert.equal(JSON.stringify(write).match(/"_revision":0/g)?.length, 3, "policy and both rules");
  });

  it("keeps groups of another domain, and services of another firewall, apart", () => {
    const [here, there] = [firewall(), firewall({ domain: "other" })].map((one) => objectsOf(one, OWNER));
    assert.notDeepEqual(
      here?.services.map(({ id }) => id),
      there?.services.map(({ id }) => id),
    );
  });

  it("takes for the same what NSX means by the same", () => {
    const rule: NsxObject = { resource_type: "Rule", id: "r", action: "ALLOW", source_groups: ["/b", "/a"] };
    const read: NsxObject = {
      ...rule,
      _revision: 7,
      path: "/x",
      source_groups: ["/a", "/b"],
      direction: "IN_OUT",
      disabled: false,
    };
    assert.deepEqual(canonicalObject(rule), canonicalObject(read));
    const changes: JsonObject[] = [
      { disabled: true },
      { service_entries: [{ id: "e" }] },
      { profiles: ["/p"] },
      { logged: true },
    ];
    for (const change of changes)
      assert.notDeepEqual(
        canonicalObject(rule),
        canonicalObject({ ...read, ...change, resource_type: "Rule", id: "r" }),
      );
    const group = (part: JsonObject): NsxObject => ({ resource_type: "Group", id: "g", expression: [part] });
    const condition = {
      resource_type: "Condition",
      member_type: "VirtualMachine",
      key: "Tag",
      operator: "EQUALS",
    };
    const told = canonicalObject(group({ ...condition, value: "a|b", scope_operator: "EQUALS" }));
    const added = { id: "made-by-nsx", path: "/x", _protection: "NOT_PROTECTED", anything_new: true };
    assert.deepEqual(canonicalObject(group({ ...condition, ...added, value: "a|b" })), told);
    assert.notDeepEqual(canonicalObject(group({ ...condition, value: "a|c" })), told);
    assert.notDeepEqual(canonicalObject(group({ resource_type: "IdentityGroupExpression" })), told);
    const twice = canonicalObjects(canonicalObjects(objectsOf(firewall(), OWNER)));
    assert.deepEqual(twice, canonicalObjects(objectsOf(firewall(), OWNER)));
  });

  it("is pure: outside of clients and providers, nothing reaches for network, clock, chance or environment", () => {
    const room = join(__dirname, "..", "..", "components", "nsx");
    const withEffects = ["provider-entry.ts"];
    for (const name of readdirSync(room).filter((one) => one.endsWith(".ts") && !withEffects.includes(one)))
      assert.doesNotMatch(
        readFileSync(join(room, name), "utf8"),
        /from "node:|from "\.\/(client|provider)\/|Date\.now|Math\.random|process\.|setTimeout/,
        name,
      );
  });
});
