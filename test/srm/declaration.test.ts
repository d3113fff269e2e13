import assert from "node:assert/strict";
import type { Problem } from "../../components/declaration/errors.js";
import { UNKNOWN } from "../../components/dynamic/unknowns.js";
import type { Parsed } from "../../components/dynamic/parse.js";
import { calloutChanges, type PresentCallout } from "../../components/srm/callout-changes.js";
import { failoverCallouts } from "../../components/srm/index.js";
import { parseGroup } from "../../components/srm/group-schema.js";
import { parseMappings } from "../../components/srm/mappings-schema.js";
import { marked, ownerIn } from "../../components/srm/owner.js";
import { parsePlan } from "../../components/srm/plan-schema.js";
import { PLAN_STATES } from "../../components/srm/client/plan-states.js";
import { decide, OPERATIONS } from "../../operations/jobs/srm/decide.js";

const [A, B] = ["aaaaaaaa-0000-4000-8000-00000000000a", "bbbbbbbb-0000-4000-8000-00000000000b"];
const site = (name: string, vcenter: string) => ({
  name,
  vcenter,
  server: { address: `${name}.example.net` },
});
const sites = {
  protected: site("a", A),
  recovery: { ...site("b", B), replication: { address: "vr-b.example.net" } },
};
const vm = (number: number): string => `VirtualMachine:vm-${number}:${A}`;
const replication = { rpo: 15, datastore: `Datastore:ds-1:${B}` };

function problemsOf(parsed: Parsed<unknown>): readonly Problem[] {
  return parsed.ok ? [] : parsed.problems;
}
const paths = (parsed: Parsed<unknown>): string[] =>
  problemsOf(parsed)
    .map(({ path }) => path)
    .toSorted();

describe("declarations of SRM", () => {
  const group = { sites, name: "pg", virtualMachines: [{ id: vm(1), replication }] };
  const plan = { sites, name: "pg", protectionGroups: ["g"] };

  const groups: Record<string, [object, string[]]> = {
    "neither VMs nor an array": [{ virtualMachines: undefined }, ["virtualMachines"]],
    both: [{ array: { pair: "p", datastores: [`Datastore:d:${A}`] } }, ["array"]],
    "a VM of the other site": [
      { virtualMachines: [{ id: `VirtualMachine:vm-1:${B}` }] },
      ["virtualMachines[0].id"],
    ],
    "a VM named twice": [{ virtualMachines: [{ id: vm(1) }, { id: vm(1) }] }, ["virtualMachines[1].id"]],
    "an id that is none": [{ virtualMachines: [{ id: "vm-1" }] }, ["virtualMachines[0].id"]],
    "an objective of seconds": [
      { virtualMachines: [{ id: vm(1), replication: { ...replication, rpo: 1 } }] },
      ["virtualMachines[0].replication.rpo"],
    ],
    "a datastore at the protected site": [
      { virtualMachines: [{ id: vm(1), replication: { ...replication, datastore: `Datastore:d:${A}` } }] },
      ["virtualMachines[0].replication.datastore"],
    ],
    "more points in time than there can be": [
      {
        virtualMachines: [
          { id: vm(1), replication: { ...replication, pointsInTime: { instances: 5, days: 5 } } },
        ],
      },
      ["virtualMachines[0].replication.pointsInTime"],
    ],
    "replication without a server of it": [
      { sites: { ...sites, recovery: site("b", B) } },
      ["sites.recovery.replication"],
    ],
    "one vCenter for both sites": [
      { sites: { ...sites, recovery: site("b", A) } },
      ["sites.recovery.vcenter"],
    ],
    "a name that SRM would cut": [{ name: "x".repeat(81) }, ["name"]],
  };
  for (const [what, [change, expected]] of Object.entries(groups))
    it(`refuses a group with ${what}`, () => {
      const found = paths(parseGroup({ ...group, ...change }));
      for (const path of expected) assert.ok(found.includes(path), `${path} is not in ${found.join(", ")}`);
    });

  const plans: Record<string, [object, string]> = {
    "no group": [{ protectionGroups: [] }, "protectionGroups"],
    "a step that a test does not have": [
      { callouts: [{ name: "x", command: "/x", at: "BEFORE_SHUTDOWN_PROTECTED_SITE_VMS", in: ["test"] }] },
      "callouts[0].at",
    ],
    "two callouts of one name": [
      {
        callouts: [
          { name: "x", command: "/x", at: "AT_END" },
          { name: "x", prompt: "?", at: "AT_END" },
        ],
      },
      "callouts[1].name",
    ],
    "a command in a VM that is off": [
      {
        virtualMachines: [
          { id: vm(1), beforePowerOn: [{ name: "x", command: "/x", on: "virtual-machine" }] },
        ],
      },
      "virtualMachines[0].beforePowerOn[0].on",
    ],
    "an order across priorities": [
      {
        virtualMachines: [
          { id: vm(1), after: [vm(2)] },
          { id: vm(2), priority: 1 },
        ],
      },
      "virtualMachines[0].after[0]",
    ],
    "an order after nobody": [
      { virtualMachines: [{ id: vm(1), after: [vm(3)] }] },
      "virtualMachines[0].after[0]",
    ],
    "a command that waits for ever": [
      { callouts: [{ name: "x", command: "/x", at: "AT_END", timeout: 60_000 }] },
      "callouts[0].timeout",
    ],
  };
  for (const [what, [change, expected]] of Object.entries(plans))
    it(`refuses a plan with ${what}`, () => {
      assert.deepEqual(paths(parsePlan({ ...plan, ...change })), [expected]);
    });

  it("refuses mappings that lead nowhere or back to themselves", () => {
    const pair = { protected: `Network:n-1:${A}`, recovery: `Network:n-1:${A}` };
    const good = { protected: `Folder:f:${A}`, recovery: `Folder:f:${B}` };
    assert.deepEqual(
      paths(parseMappings({ sites, networks: [pair], folders: [good, good], resources: [] })),
      ["folders[1].protected", "folders[1].recovery", "networks[0].recovery", "resources"],
    );
  });

  it("believes in a preview what is not known yet", () => {
    const unknown = {
      ...group,
      virtualMachines: [{ id: UNKNOWN, replication: { ...replication, datastore: UNKNOWN } }],
    };
    assert.deepEqual(paths(parseGroup(unknown)), []);
    assert.deepEqual(paths(parsePlan({ ...plan, protectionGroups: [UNKNOWN] })), []);
  });

  it("marks whose an object is, and reads it again", () => {
    for (const text of ["", "orders", "with [brackets]"])
      assert.equal(ownerIn(marked(text, "shop/prod/pg")), "shop/prod/pg");
    assert.equal(ownerIn("somebody else's"), undefined);
    assert.equal(ownerIn(null), undefined);
  });
});

describe("callouts of a failover", () => {
  const args = { cluster: "orders", primary: "pg-a1", candidate: "pg-b1", program: "/opt/pgkeep/srm-step" };

  it("fences after the shut-down and before any storage is writable; a test does neither, nor moves clients", () => {
    const callouts = failoverCallouts(args);
    assert.deepEqual(
      callouts.map((one) => ["command" in one ? one.command : "", one.at, one.in ?? ["recovery"]]),
      [
        [
          "/opt/pgkeep/srm-step shut-down --cluster orders --member pg-a1",
          "BEFORE_SHUTDOWN_PROTECTED_SITE_VMS",
          ["recovery"],
        ],
        [
          "/opt/pgkeep/srm-step fence --cluster orders --member pg-a1",
          "BEFORE_PREPARE_STORAGE",
          ["recovery"],
        ],
        [
          "/opt/pgkeep/srm-step promote --cluster orders --member pg-b1",
          "BEFORE_RECOVER_PRIORITY_3_VMS",
          ["test", "recovery"],
        ],
        ["/opt/pgkeep/srm-step redirect --cluster orders --member pg-b1", "AT_END", ["recovery"]],
      ],
    );
    assert.ok(parsePlan({ sites, name: "pg", protectionGroups: ["g"], callouts }).ok);
    assert.equal(failoverCallouts({ ...args, redirect: false }).length, 3);
  });

  it("takes no name that a shell would read as something else", () => {
    for (const wrong of ["a b", "a;reboot", "$(x)", "", "-x", "a'b"])
      for (const field of ["cluster", "primary", "candidate", "program"])
        assert.throws(() => failoverCallouts({ ...args, [field]: wrong }), TypeError, `${field}: ${wrong}`);
  });
});

describe("changes of callouts", () => {
  const callout = (name: string, position = "AT_END", content = "/x") => ({
    name,
    content,
    type: "RUN_ON_SRM_SERVER",
    timeout: 300,
    position,
  });
  const placed = (name: string) => ({ name, position: "AT_END" });
  const present = (...names: readonly string[]): PresentCallout[] =>
    names.map((name, i) => ({ ...callout(name), step: String(i + 1) }));

  it("edits in place what stands right, and fills a place anew from where its order is another one", () => {
    assert.deepEqual(calloutChanges(present("a", "b"), [callout("a"), callout("b")]), {
      remove: [],
      edit: [],
      add: [],
    });
    assert.deepEqual(calloutChanges(present("a", "b"), [callout("a", "AT_END", "/y"), callout("b")]).edit, [
      { step: "1", wanted: callout("a", "AT_END", "/y") },
    ]);
    assert.deepEqual(calloutChanges(present("a", "b"), [callout("b"), callout("a")]), {
      remove: [placed("a"), placed("b")],
      edit: [],
      add: [callout("b"), callout("a")],
    });
    assert.deepEqual(calloutChanges(present("a", "b", "c"), [callout("a"), callout("c")]), {
      remove: [placed("b"), placed("c")],
      edit: [],
      add: [callout("c")],
    });
    assert.deepEqual(calloutChanges(present("a"), [callout("a", "BEFORE_PREPARE_STORAGE")]), {
      remove: [placed("a")],
      edit: [],
      add: [callout("a", "BEFORE_PREPARE_STORAGE")],
    });
  });
});

describe("what a call of pgkeep recovery-plan does in each state", () => {
  const statuses = Object.keys(PLAN_STATES) as (keyof typeof PLAN_STATES)[];
  const operations = Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[];

  it("is said for every state and operation: started, joined, done, or refused with what helps", () => {
    for (const status of statuses)
      for (const operation of operations) {
        const decision = decide(operation, { name: "pg", status }, false);
        if (decision.do !== "refuse") continue;
        assert.match(decision.why, new RegExp(`^recovery plan pg is ${status}: \\w`));
        assert.ok(decision.remedy.length > 6, `${operation} in ${status}`);
      }
  });

  it("starts nothing while something runs", () => {
    for (const status of statuses.filter((one) => "running" in PLAN_STATES[one]))
      for (const operation of operations)
        for (const active of [false, true])
          assert.notEqual(
            decide(operation, { name: "pg", status }, active).do,
            "start",
            `${operation} in ${status}`,
          );
  });

  it("never fails over while a test is still up", () => {
    for (const status of ["TEST_COMPLETE", "TEST_INTERRUPTED", "CLEANUP_INCOMPLETE"] as const)
      assert.equal(decide("recovery", { name: "pg", status }, false).do, "refuse");
  });
});
