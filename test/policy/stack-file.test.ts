import assert from "node:assert/strict";
import { subjectsIn } from "../../policy/index.js";
import { UNKNOWN_TEXT } from "./fixtures.js";

const urn = "urn:pulumi:prod::orders::vsphere:index/virtualMachine:VirtualMachine::pg-a1";
const provider = "urn:pulumi:prod::orders::pulumi:providers:vsphere::vcenter-a";
const state = {
  urn,
  type: "vsphere:index/virtualMachine:VirtualMachine",
  custom: true,
  provider: `${provider}::0b5f`,
  protect: true,
  inputs: { name: "pg-a1", disks: [{ label: "data" }], later: UNKNOWN_TEXT },
};
const secret = (more: object): object => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ...more,
});

describe("a stack from a file", () => {
  for (const [title, document] of [
    ["pulumi stack export", { version: 3, deployment: { resources: [state] } }],
    [
      "pulumi preview --json",
      {
        steps: [
          { op: "create", urn, newState: state },
          { op: "delete", urn },
        ],
      },
    ],
  ] as const)
    it(`is read from \`${title}\``, () => {
      const [subject, ...rest] = subjectsIn(document);
      assert.deepEqual(rest, []);
      assert.ok(subject !== undefined);
      const { inputs, ...plain } = subject;
      assert.deepEqual(plain, {
        type: state.type,
        name: "pg-a1",
        urn,
        protect: true,
        provider,
        secretPaths: [],
      });
      assert.equal(inputs.text("name"), "pg-a1");
      assert.ok(inputs.at("later").unknown);
    });

  it("keeps in mind what is secret, and knows the value only where the file shows it", () => {
    const inputs = {
      hidden: "[secret]",
      sealed: secret({ ciphertext: "v1:x" }),
      shown: [secret({ plaintext: '{"password":"hunter2"}' })],
    };
    const [subject] = subjectsIn({ deployment: { resources: [{ ...state, inputs }] } });
    assert.deepEqual(subject?.secretPaths, [".hidden", ".sealed", ".shown[0]"]);
    assert.ok(subject.inputs.at("hidden").unknown && subject.inputs.at("sealed").unknown);
    assert.equal(subject.inputs.list("shown")[0]?.text("password"), "hunter2");
  });

  it("leaves out what waits to be deleted", () =>
    assert.deepEqual(subjectsIn({ deployment: { resources: [{ ...state, delete: true }] } }), []));

  it("is refused when it is something else", () => {
    for (const document of [undefined, [], {}, { deployment: {} }, { steps: 1 }])
      assert.throws(() => subjectsIn(document), /neither the output of/);
    assert.throws(() => subjectsIn({ deployment: { resources: [{ type: "x" }] } }), /no URN or no type/);
  });
});
