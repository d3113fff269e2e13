import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  unknownCheckingProxy,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationArgs,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { CONFIG_SCHEMA, policies, RULES, type Exemption } from "../../policy/index.js";
import { SECRET_PROBE, UNUSED_EXEMPTIONS } from "../../policy/helpers.js";
import { COMPLIANT, NOW, UNKNOWN_TEXT } from "./fixtures.js";

type Said = string | { name: string; message: string; urn?: string; enforcementLevel?: string };

/** The pack as the engine drives it: resources one by one, then the stack. */
function run(
  resources: readonly { type: string; name: string; props: Record<string, unknown>; protect?: boolean }[],
  config: Readonly<Record<string, readonly Exemption[]>> = {},
): { policy: string; said: Said }[] {
  const list = policies(RULES, () => NOW);
  const said: { policy: string; said: Said }[] = [];
  const base = (policy: string) => ({
    stackTags: new Map<string, string>(),
    getConfig: <T extends object>() => ({ exemptions: config[policy] ?? [] }) as unknown as T,
    notApplicable: (): never => {
      throw new Error("not used");
    },
  });
  const argsOf = (policy: string, { type, name, props, protect = true }: (typeof resources)[number]) =>
    ({
      ...base(policy),
      type,
      name,
      props: unknownCheckingProxy(props),
      urn: `urn:pulumi:s::p::${type}::${name}`,
      opts: { protect, ignoreChanges: [], aliases: [], customTimeouts: {}, additionalSecretOutputs: [] },
    }) as unknown as ResourceValidationArgs;
  const report = (policy: string) => (message: unknown) => void said.push({ policy, said: message as Said });
  for (const resource of resources)
    for (const policy of list) {
      const { validateResource, remediateResource, name } = policy as ResourceValidationPolicy;
      if (remediateResource !== undefined) void remediateResource(argsOf(name, resource));
      if (typeof validateResource === "function") void validateResource(argsOf(name, resource), report(name));
    }
  for (const policy of list) {
    const { validateStack, name } = policy as StackValidationPolicy;
    const stack = { ...base(name), resources: resources.map((each) => argsOf(name, each)) };
    if (typeof validateStack === "function")
      void validateStack(stack as unknown as StackValidationArgs, report(name));
  }
  return said;
}

const domain = {
  type: "libvirt:index/domain:Domain",
  name: "pg-a1",
  props: { ...COMPLIANT.domain(), kernel: "/boot/vmlinuz" },
};
const reason = "laboratory guests boot a kernel directly";

describe("the pack", () => {
  it("has a policy for each rule, the probe and the watch over exemptions, all named once", () => {
    const names = policies(RULES).map(({ name }) => name);
    assert.deepEqual(
      [...names].sort(),
      [SECRET_PROBE, UNUSED_EXEMPTIONS, ...RULES.map(({ id }) => id)].sort(),
    );
    assert.equal(new Set(names).size, names.length);
  });

  it("hands severity, remedy, controls and the schema of exemptions to the engine", () => {
    const policy = policies(RULES).find(({ name }) => name === "secrets-are-secret");
    assert.equal(policy?.severity, "critical");
    assert.equal(policy.enforcementLevel, "mandatory");
    assert.ok(policy.tags?.includes("PCI DSS 8.6.2"));
    assert.deepEqual(policy.configSchema, CONFIG_SCHEMA);
    assert.ok((policy.remediationSteps ?? "").length > 0);
  });

  it("reports a violation as text, so that the level of the configuration holds", () => {
    const said = run([domain]).filter(({ policy }) => policy === "secure-boot");
    assert.equal(said.length, 1);
    assert.match(String(said[0]?.said), /^\.kernel: direct kernel boot has no secure boot/);
  });

  it("reports an exemption as a note that cannot block", () => {
    const said = run([domain], { "secure-boot": [{ resource: "pg-*", reason, expires: "2027-06-30" }] });
    const [note] = said.filter(({ policy }) => policy === "secure-boot").map((each) => each.said);
    assert.ok(typeof note === "object");
    assert.equal(note.enforcementLevel, "advisory");
    assert.match(note.message, /^exempt until 2027-06-30, because: laboratory/);
    assert.deepEqual(
      said.filter(({ policy }) => policy === UNUSED_EXEMPTIONS),
      [],
    );
  });

  it("reports an expired exemption as an error even of an advisory rule", () => {
    const volume = { type: "libvirt:index/volume:Volume", name: "data", props: { format: "qcow2" } };
    const said = run([volume], { "volume-encrypted": [{ resource: "*", reason, expires: "2026-01-01" }] });
    const [error] = said.filter(({ policy }) => policy === "volume-encrypted").map((each) => each.said);
    assert.ok(typeof error === "object" && error.enforcementLevel === "mandatory");
    assert.match(error.message, /expired on 2026-01-01/);
  });

  it("tells of exemptions that nothing needs", () => {
    const said = run([domain], { "machine-modern": [{ resource: "pg-*", reason, expires: "2027-06-30" }] });
    assert.deepEqual(
      said.filter(({ policy }) => policy === UNUSED_EXEMPTIONS).map((each) => each.said),
      ["the exemption of pg-* from machine-modern matches no violation: remove it"],
    );
  });

  it("reports what a preview does not know as a note", () => {
    const said = run([{ ...domain, props: { ...COMPLIANT.domain(), machine: UNKNOWN_TEXT } }]);
    const [note] = said.filter(({ policy }) => policy === "machine-modern").map((each) => each.said);
    assert.ok(typeof note === "object" && note.enforcementLevel === "advisory");
    assert.match(note.message, /^not known during the preview: \.machine\./);
  });

  it("judges a stack made by hand as a whole", () => {
    const said = run([domain]).filter(({ policy }) => policy.startsWith("hand-made-"));
    assert.ok(said.some(({ policy }) => policy === "hand-made-backup"));
    assert.ok(said.some(({ policy }) => policy === "hand-made-second-site"));
  });

  it("has files that the engine and npm accept: an entry and the version of the library", () => {
    const root = join(__dirname, "..", "..");
    const read = (path: string) =>
      JSON.parse(readFileSync(join(root, path), "utf8")) as Record<string, unknown>;
    assert.equal(read("policy/package.json")["main"], "../dist/policy/main.js");
    assert.equal(read("policy/package.json")["version"], read("package.json")["version"]);
  });
});
