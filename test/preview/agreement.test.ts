import assert from "node:assert/strict";
import { parseEnvironment } from "../../components/declaration/index.js";
import { previewEnvironment, type DeclaredResource } from "../../preview/index.js";
import { kvmEnvironment } from "../fixtures/environment.js";
import { disagreements, type EngineDigest, type EngineStep } from "./agreement.js";

/*
 * A document as `pulumi preview --json` prints it (pkg/backend/display/json.go of the engine, apitype.ResourceV3 for the state),
 * for a program of one libvirt provider, one volume and one command. Shortened to what is compared, and beside that.
 */
const STACK = "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s";
const PROVIDER = "urn:pulumi:s::p::pgkeep:test:C$pulumi:providers:libvirt::host";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const RECORDED: EngineDigest = JSON.parse(`{
  "config": { "pgkeep:secrets": "[secret]" },
  "steps": [
    { "op": "create", "urn": "${STACK}", "newState": { "urn": "${STACK}", "custom": false, "type": "pulumi:pulumi:Stack" }, "detailedDiff": null },
    { "op": "create", "urn": "urn:pulumi:s::p::pulumi:providers:command::default_1_2_1",
      "newState": { "custom": true, "type": "pulumi:providers:command", "inputs": { "version": "1.2.1" } } },
    { "op": "create", "urn": "urn:pulumi:s::p::pgkeep:test:C::c",
      "newState": { "custom": false, "type": "pgkeep:test:C", "inputs": { "size": 3 }, "parent": "${STACK}" } },
    { "op": "create", "urn": "${PROVIDER}",
      "newState": { "custom": true, "type": "pulumi:providers:libvirt", "parent": "urn:pulumi:s::p::pgkeep:test:C::c",
        "inputs": { "uri": "qemu:///system", "version": "0.5.4", "__internal": {} } } },
    { "op": "create", "urn": "urn:pulumi:s::p::pgkeep:test:C$libvirt:index/volume:Volume::v",
      "newState": { "custom": true, "type": "libvirt:index/volume:Volume", "parent": "urn:pulumi:s::p::pgkeep:test:C::c", "protect": true,
        "provider": "${PROVIDER}::${UNKNOWN}",
        "inputs": { "__defaults": ["pool"], "name": "v", "pool": "default", "size": 1024, "xml": { "__defaults": [], "xslt": "${UNKNOWN}" } } } },
    { "op": "create", "urn": "urn:pulumi:s::p::pgkeep:test:C$command:remote:Command::r",
      "newState": { "custom": true, "type": "command:remote:Command", "parent": "urn:pulumi:s::p::pgkeep:test:C::c",
        "provider": "urn:pulumi:s::p::pulumi:providers:command::default_1_2_1::${UNKNOWN}",
        "inputs": { "connection": { "host": "h", "privateKey": "[secret]" }, "stdin": "[secret]", "create": "true" } } }
  ],
  "changeSummary": { "create": 5 }
}`) as EngineDigest;

function resource(
  part: Pick<DeclaredResource, "type" | "name" | "urn"> & Partial<DeclaredResource>,
): DeclaredResource {
  return { custom: true, protect: false, inputs: {}, secretPaths: [], ...part };
}

const component = "urn:pulumi:s::p::pgkeep:test:C::c";
const DECLARED: readonly DeclaredResource[] = [
  resource({ type: "pulumi:pulumi:Stack", name: "p-s", urn: STACK, custom: false }),
  resource({
    ...{ type: "pgkeep:test:C", name: "c", urn: component },
    ...{ custom: false, parent: STACK, inputs: { size: 3 } },
  }),
  resource({
    ...{ type: "pulumi:providers:libvirt", name: "host", urn: PROVIDER, parent: component },
    inputs: { uri: "qemu:///system" },
  }),
  resource({
    ...{ type: "libvirt:index/volume:Volume", name: "v", parent: component, provider: PROVIDER },
    urn: "urn:pulumi:s::p::pgkeep:test:C$libvirt:index/volume:Volume::v",
    protect: true,
    inputs: { name: "v", size: 1024, xml: { xslt: UNKNOWN } },
  }),
  resource({
    ...{ type: "command:remote:Command", name: "r", parent: component },
    urn: "urn:pulumi:s::p::pgkeep:test:C$command:remote:Command::r",
    inputs: { connection: { host: "h", privateKey: "k" }, stdin: "s", create: "true" },
    secretPaths: [".connection.privateKey", ".stdin"],
  }),
];

/** The declared resources with one of them changed. */
function with1(name: string, change: Partial<DeclaredResource>): readonly DeclaredResource[] {
  return DECLARED.map((each) => (each.name === name ? { ...each, ...change } : each));
}

describe("agreement of our preview with the engine's", function () {
  this.timeout(300_000);

  it("is found where there is one: defaults, own additions and default providers are the engine's", () =>
    assert.deepEqual(disagreements(DECLARED, RECORDED), []));

  it("is found where ours has said that only a provider can tell", () =>
    assert.deepEqual(disagreements(with1("c", { inputs: { size: UNKNOWN } }), RECORDED), []));

  const planted: readonly (readonly [string, readonly DeclaredResource[], RegExp])[] = [
    ["a resource too few", DECLARED.slice(0, -1), /Command::r: the engine alone knows it$/],
    [
      "a resource too many",
      [...DECLARED, resource({ type: "t", name: "x", urn: "urn:x" })],
      /^urn:x: .*not know/,
    ],
    ["another type", with1("v", { type: "libvirt:index/pool:Pool" }), /: type is "libvirt:index\/pool:Pool"/],
    ["protection lost", with1("v", { protect: false }), /: protect is false, the engine's is true$/],
    ["protection invented", with1("r", { protect: true }), /: protect is true, the engine's is false$/],
    ["another parent", with1("r", { parent: STACK }), /: parent is /],
    ["another provider", with1("v", { provider: `${PROVIDER}2` }), /: provider is /],
    ["a component for a resource", with1("r", { custom: false }), /: custom is false/],
    ["another value", with1("c", { inputs: { size: 4 } }), /: \.size is 4, the engine's is 3$/],
    [
      "a value that the engine does not know yet",
      with1("v", { inputs: { name: "v", size: 1024, xml: { xslt: "<x/>" } } }),
      /: \.xml\.xslt is "<x\/>", the engine's is "04da/,
    ],
    [
      "a value too few that is no default",
      with1("v", { inputs: { size: 1024, xml: { xslt: UNKNOWN } } }),
      /: \.name is nothing, the engine's is "v"$/,
    ],
    [
      "a default with another value",
      with1("v", { inputs: { name: "v", pool: "p", size: 1024, xml: { xslt: UNKNOWN } } }),
      /: \.pool is "p", the engine's is "default"$/,
    ],
    [
      "an unknown value where the engine has none",
      with1("c", { inputs: { size: 3, more: UNKNOWN } }),
      /: \.more is "04da.*", the engine's is nothing$/,
    ],
    [
      "a secret in clear",
      with1("r", { secretPaths: [".stdin"] }),
      /: \.connection\.privateKey is "k", the engine's is "\[secret\]"$/,
    ],
    [
      "a secret that the engine has in clear",
      with1("r", { secretPaths: [".connection.privateKey", ".stdin", ".create"] }),
      /: \.create is "\[secret\]", the engine's is "true"$/,
    ],
    [
      "a list of another length",
      with1("c", { inputs: { size: [3] } }),
      /: \.size is \[3\], the engine's is 3$/,
    ],
  ];
  for (const [title, declared, expected] of planted)
    it(`is denied for ${title}, once`, () => {
      const found = disagreements(declared, RECORDED);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", expected);
    });

  it("is denied where the engine would do something else than create", () => {
    const steps = RECORDED.steps.map((step): EngineStep =>
      step.urn === STACK ? { ...step, op: "same" } : step,
    );
    assert.deepEqual(disagreements(DECLARED, { steps }), [
      `${STACK}: what happens to it is "create", the engine's is "same"`,
    ]);
  });

  it("holds for a whole environment in the engine's shape, and every flipped protection is seen", async () => {
    const environment = parseEnvironment(kvmEnvironment());
    const { resources } = await previewEnvironment({
      ...{ environment, config: {}, project: "p", stack: "s", now: new Date("2026-11-26T00:00:00Z") },
    });
    const steps = resources.map(
      ({ urn, type, custom, parent, protect, provider, inputs, secretPaths }): EngineStep => ({
        op: "create",
        urn,
        newState: {
          ...{ type, custom, protect },
          inputs: masked(inputs, secretPaths),
          ...(parent === undefined ? {} : { parent }),
          ...(provider === undefined ? {} : { provider: `${provider}::${UNKNOWN}` }),
        },
      }),
    );
    assert.deepEqual(disagreements(resources, { steps }), []);
    const flipped = steps.map(({ newState, ...step }): EngineStep => ({
      ...step,
      ...(newState === undefined ? {} : { newState: { ...newState, protect: newState.protect !== true } }),
    }));
    assert.equal(disagreements(resources, { steps: flipped }).length, resources.length);
  });
});

/** Inputs as the engine prints them, by another way than the comparison goes: through the text. */
function masked(
  inputs: Readonly<Record<string, unknown>>,
  secretPaths: readonly string[],
): Readonly<Record<string, unknown>> {
  const copy = structuredClone(inputs) as Record<string, unknown>;
  for (const path of secretPaths) {
    const keys = path.match(/[^.[\]]+/g) ?? [];
    const last = keys.pop() ?? "";
    let at: Record<string, unknown> = copy;
    for (const key of keys) at = at[key] as Record<string, unknown>;
    at[last] = "[secret]";
  }
  return copy;
}
