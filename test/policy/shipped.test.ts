import assert from "node:assert/strict";
import { holdsPlaceholder } from "../../preview/placeholders.js";
import { isSecret } from "../../policy/secret-paths.js";
import { judgeStack, RULES, unconfigured, type Subject } from "../../policy/index.js";
import { changed } from "../declaration/change.js";
import { vmwareEnvironment } from "../fixtures/environment.js";
import { configuredFor, environmentSubjects, STACKS, stackSubjects } from "./flips/environments.js";
import { NOW } from "./fixtures.js";

/** What every rule says about a stack without exemptions, as `rule resource: what`; notes of unknown values are none. */
function said(subjects: readonly Subject[], configured = unconfigured): string[] {
  const { rules } = judgeStack(RULES, subjects, configured, NOW);
  return rules.flatMap(({ findings }) =>
    findings
      .filter(({ exemption }) => exemption === undefined)
      .map(({ rule, resource, what }) => `${rule.id} ${resource}: ${what}`),
  );
}

/** Places where a secret stands outside a Pulumi secret. */
function inClear(subjects: readonly Subject[]): string[] {
  return subjects.flatMap(({ name, inputs, secretPaths = [] }) =>
    [...inputs.leaves()]
      .filter(({ value, path }) => holdsPlaceholder(String(value)) && !isSecret(path, secretPaths))
      .map(({ path }) => `${name}${path}`),
  );
}

describe("policies and our own components", function () {
  this.timeout(120_000); // Loading the components takes seconds on a busy machine.

  it("a cluster violates no rule; encryption below the pool, and a TPM that is not asked for, are advised", async () => {
    const subjects = await environmentSubjects("s", changed([]));
    for (const type of [
      "libvirt:index/domain:Domain",
      "libvirt:index/volume:Volume",
      "command:remote:Command",
      "pulumi:providers:libvirt",
    ])
      assert.ok(
        subjects.some((each) => each.type === type),
        type,
      );
    const found = said(subjects);
    assert.deepEqual(
      found.filter((text) => !/^(?:volume-encrypted|vm-tpm) /.test(text)),
      [],
    );
    assert.ok(!holdsPlaceholder(found.join("\n")), "a secret is shown");
  });

  it("a cluster on vSphere violates no rule; what its vCenter may lack is advised", async () => {
    const { hardening, ...rest } = vmwareEnvironment();
    // Without a time server its VMs take the time from their host, which a rule forbids.
    const subjects = await environmentSubjects("s", {
      ...rest,
      hardening: { ...hardening, ntp: ["10.77.0.123"] },
    });
    for (const type of [
      "vsphere:index/virtualMachine:VirtualMachine",
      "vsphere:index/distributedPortGroup:DistributedPortGroup",
      "command:remote:Command",
      "pulumi:providers:vsphere",
    ])
      assert.ok(
        subjects.some((each) => each.type === type),
        type,
      );
    const found = said(subjects);
    assert.deepEqual(
      found.filter((text) => !/^vm-(?:tpm|encrypted) /.test(text)),
      [],
    );
    assert.ok(!holdsPlaceholder(found.join("\n")), "a secret is shown");
  });

  it("direct kernel boot violates secure boot and nothing else that blocks", async () => {
    const subjects = await environmentSubjects(
      "s",
      changed([
        "hardening.secureBoot = false",
        'kvm.boot = {"kind":"direct","kernel":"/boot/vmlinuz","initrd":"/boot/initrd","commandLine":"root=/dev/vda"}',
      ]),
    );
    const ids = new Set(said(subjects).map((text) => text.split(" ")[0]));
    assert.deepEqual([...ids].toSorted(), ["secure-boot", "vm-tpm", "volume-encrypted"]);
  });

  for (const stack of STACKS)
    it(`the stack ${stack} violates nothing, advice included, and each of its exemptions is needed`, async () => {
      const subjects = await stackSubjects(stack);
      const { rules, unused } = judgeStack(RULES, subjects, configuredFor(stack), NOW);
      const findings = rules.flatMap((rule) => rule.findings);
      assert.deepEqual(
        findings.filter(({ exemption }) => exemption === undefined).map(({ text }) => text),
        [],
      );
      assert.deepEqual(unused, []);
      // Nothing is unexplained: a reason is a sentence of its own, not a word.
      for (const { exemption } of findings) assert.ok((exemption?.reason.split(" ").length ?? 0) >= 5);
      assert.deepEqual(inClear(subjects), []);
    });
});
