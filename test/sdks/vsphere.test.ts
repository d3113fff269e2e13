import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import ts from "typescript";

interface Names {
  provider: string;
  resources: Record<string, { required: string; optional: string; outputs: string }>;
  types: Record<string, { required: string; optional: string }>;
  functions: Record<string, { required: string; optional: string; outputs: string }>;
}

const ROOT = join(__dirname, "..", "..");
const SDK = join(ROOT, "sdks", "vsphere");
const published = JSON.parse(readFileSync(join(ROOT, "test", "sdks", "vsphere-names.json"), "utf8")) as Names;
const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

interface Member {
  readonly name: string;
  readonly optional: boolean;
}

/** Every exported interface and the outputs of every class, as written in the sources. */
function declarations(): { interfaces: Map<string, Member[]>; outputs: Map<string, string[]> } {
  const interfaces = new Map<string, Member[]>();
  const parents = new Map<string, string[]>();
  const outputs = new Map<string, string[]>();
  for (const folder of [SDK, join(SDK, "resources"), join(SDK, "functions")]) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
      const source = ts.createSourceFile(
        file,
        readFileSync(join(folder, file), "utf8"),
        ts.ScriptTarget.ES2022,
        true,
      );
      for (const node of source.statements) {
        if (ts.isInterfaceDeclaration(node)) {
          const members = node.members
            .filter(ts.isPropertySignature)
            .map((member) => ({ name: member.name.getText(), optional: member.questionToken !== undefined }));
          interfaces.set(node.name.text, members);
          const heritage = node.heritageClauses?.flatMap((clause) => clause.types) ?? [];
          parents.set(
            node.name.text,
            heritage.map((type) => type.expression.getText()),
          );
        } else if (ts.isClassDeclaration(node) && node.name) {
          const declared = node.members
            .filter(ts.isPropertyDeclaration)
            .filter((member) => member.modifiers?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword))
            .map((member) => member.name.getText());
          outputs.set(node.name.text, declared);
        }
      }
    }
  }
  for (const [name, bases] of parents) {
    interfaces.set(name, [
      ...(interfaces.get(name) ?? []),
      ...bases.flatMap((base) => interfaces.get(base) ?? []),
    ]);
  }
  return { interfaces, outputs };
}

const { interfaces, outputs } = declarations();

function assertInterface(name: string, required: string[], optional: string[]): void {
  const members = interfaces.get(name);
  assert.ok(members, `interface ${name} is missing`);
  const unknown = members
    .filter((m) => !required.includes(m.name) && !optional.includes(m.name))
    .map((m) => m.name);
  assert.deepEqual(unknown, [], `${name} has properties that the published package does not know`);
  const mandatory = members.filter((m) => !m.optional).map((m) => m.name);
  assert.deepEqual(
    required.filter((property) => !mandatory.includes(property)),
    [],
    `${name} lacks required properties`,
  );
}

type ResourceClass = new (
  name: string,
  args: Record<string, unknown>,
  opts?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

const exported = vsphere as unknown as Record<string, unknown>;

describe("sdks/vsphere", () => {
  const seen: pulumi.runtime.MockResourceArgs[] = [];
  const calls: pulumi.runtime.MockCallArgs[] = [];

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => {
          seen.push(args);
          const computed = Object.fromEntries(
            words(published.resources[args.type]?.outputs ?? "").map((name) => [name, `computed-${name}`]),
          );
          return { id: `${args.name}-id`, state: { ...args.inputs, ...computed } };
        },
        call: (args) => {
          calls.push(args);
          return { id: "found", ...args.inputs };
        },
      },
      "project",
      "stack",
      false,
    );
  });

  beforeEach(() => {
    seen.length = 0;
    calls.length = 0;
  });

  const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
    new Promise((resolve) => output.apply(resolve));

  for (const [token, names] of Object.entries(published.resources)) {
    const className = token.split(":")[2] ?? "";
    describe(className, () => {
      it("has only inputs of the published package, and all that it requires", () => {
        assertInterface(`${className}Args`, words(names.required), words(names.optional));
      });

      it("registers under the published token with every input under its name", async () => {
        const create = exported[className] as ResourceClass;
        const args = Object.fromEntries(
          (interfaces.get(`${className}Args`) ?? []).map((m) => [m.name, `given-${m.name}`]),
        );
        const resource = new create("one", args);
        await valueOf(resource.urn);
        const registered = seen.find((entry) => entry.name === "one");
        assert.equal(registered?.type, token);
        assert.deepEqual(registered.inputs, args);
        assert.equal(registered.provider, "");
      });

      it("offers every declared output, computed or left out by the caller", async () => {
        const create = exported[className] as ResourceClass;
        const required = Object.fromEntries(words(names.required).map((name) => [name, `given-${name}`]));
        const resource = new create("two", required) as unknown as Record<
          string,
          pulumi.Output<unknown> | undefined
        >;
        const known = words(`${names.required} ${names.optional} ${names.outputs}`);
        for (const output of outputs.get(className) ?? []) {
          assert.ok(known.includes(output), `${output} is not a property of the published package`);
          const value = resource[output];
          assert.ok(pulumi.Output.isInstance(value), `${output} is not an output`);
          if (words(names.outputs).includes(output)) {
            assert.equal(await valueOf(value), `computed-${output}`);
          }
        }
      });

      it("refuses to be made without a required input, naming it", () => {
        const create = exported[className] as ResourceClass;
        for (const missing of words(names.required)) {
          const args = Object.fromEntries(
            words(names.required)
              .filter((name) => name !== missing)
              .map((name) => [name, "x"]),
          );
          assert.throws(
            () => new create("three", args),
            new RegExp(`"three": missing required "${missing}"`),
          );
        }
      });

      it("is recognised by its token, as policy packs do", () => {
        const { isInstance } = exported[className] as { isInstance(candidate: unknown): boolean };
        assert.equal(isInstance({ __pulumiType: token }), true);
        assert.equal(isInstance({ __pulumiType: "vsphere:index/other:Other" }), false);
        assert.equal(isInstance(undefined), false);
      });
    });
  }

  for (const [name, names] of Object.entries(published.types)) {
    it(`nested type ${name} has only published properties`, () => {
      const own = name
        .replace("CloneCustomizeLinux", "CloneLinux")
        .replace("CloneCustomizeNetwork", "CloneNetwork");
      assertInterface(own, words(names.required), words(names.optional));
    });
  }

  for (const [token, names] of Object.entries(published.functions)) {
    const name = token.split(":")[2] ?? "";
    const type = name[0]?.toUpperCase() + name.slice(1);
    it(`${name} calls the published function in both forms, with published names`, async () => {
      const inputs = words(`${names.required} ${names.optional}`);
      const known = interfaces.get(`${type}Args`)?.map((m) => m.name) ?? [];
      assert.ok(known.length > 0, `${type}Args is missing`);
      assert.deepEqual(
        known.filter((property) => !inputs.includes(property)),
        [],
      );
      const results = interfaces.get(`${type}Result`)?.map((m) => m.name) ?? [];
      assert.ok(results.includes("id"));
      assert.deepEqual(
        results.filter((property) => !words(names.outputs).includes(property)),
        [],
      );

      const args = Object.fromEntries(known.map((property) => [property, `given-${property}`]));
      const plain = exported[name] as (a: object) => Promise<Record<string, unknown>>;
      const output = exported[`${name}Output`] as (a: object) => pulumi.Output<Record<string, unknown>>;
      assert.deepEqual(await plain(args), { id: "found", ...args });
      const unknownYet = Object.fromEntries(
        Object.entries(args).map(([key, value]) => [key, pulumi.output(value)]),
      );
      assert.deepEqual(await valueOf(output(unknownYet)), { id: "found", ...args });
      assert.deepEqual(
        calls.map((call) => call.token),
        [token, token],
      );
    });
  }

  describe("Provider", () => {
    it("has only inputs of the published package", () => {
      assertInterface("ProviderArgs", [], words(published.provider));
    });

    it("keeps the password secret and sends its configuration as text", async () => {
      const provider = new vsphere.Provider("site-a", {
        vsphereServer: "vcenter.site-a.example",
        user: "deployer",
        password: "planted-password",
        allowUnverifiedSsl: false,
        apiTimeout: 30,
      });
      await valueOf(provider.urn);
      const registered = seen.find((entry) => entry.name === "site-a");
      assert.equal(registered?.type, "pulumi:providers:vsphere");
      assert.equal(registered.inputs["allowUnverifiedSsl"], "false");
      assert.equal(registered.inputs["apiTimeout"], "30");
      assert.equal(registered.inputs["vsphereServer"], "vcenter.site-a.example");
      assert.ok(await pulumi.isSecret(provider.password as pulumi.Output<unknown>));
      assert.equal(await pulumi.isSecret(provider.user as pulumi.Output<unknown>), false);
    });

    it("is recognised by its token", () => {
      assert.equal(vsphere.Provider.isInstance({ __pulumiType: "pulumi:providers:vsphere" }), true);
      assert.equal(vsphere.Provider.isInstance({ __pulumiType: "pulumi:providers:libvirt" }), false);
    });
  });

  it("reads an existing resource by id without asking for its inputs", async () => {
    const machine = vsphere.VirtualMachine.get("existing", "4210-uuid");
    await valueOf(machine.urn);
    assert.equal(seen.find((entry) => entry.name === "existing")?.id, "4210-uuid");
  });
});
