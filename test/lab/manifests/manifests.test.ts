import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkersIn, type Checkers, type Verdict } from "./checkers.js";
import { BAD, GOOD } from "./planted.js";
import { manifestsOf, writeManifests, type Manifest } from "./render.js";
import { SAMPLES } from "./samples.js";

/** Kinds that run pods. */
const RUNNING = ["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "StatefulSet"];

/** Every object that our components render, before the checkers that its users run over it. */
describe("manifests", function () {
  // Trivy is built once, for minutes.
  this.timeout(1_800_000);
  let home: string;
  let checkers: Checkers;
  let written = 0;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "pgkeep-manifests-"));
    checkers = await checkersIn(home);
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  const verdict = (name: string, manifests: readonly Manifest[]): Verdict => {
    const checker = checkers.all.find((each) => each.name === name);
    assert.ok(checker !== undefined, name);
    const folder = join(home, `objects-${(written += 1)}`);
    return checker.check(folder, writeManifests(folder, manifests), manifests);
  };

  const names = ["checkov", "kube-score", "kubeconform", "trivy config", "pod security"] as const;

  it("are checked by all that there are", () =>
    assert.deepEqual(
      checkers.all.map(({ name }) => name),
      names,
    ));

  it("of samples have different names", () =>
    assert.equal(new Set(SAMPLES.map(({ name }) => name)).size, SAMPLES.length));

  for (const sample of SAMPLES)
    describe(sample.name, () => {
      let manifests: readonly Manifest[];
      const verdicts = new Map<string, Verdict>();
      before(async () => {
        manifests = await manifestsOf(sample);
        assert.ok(manifests.length > 0, "it renders nothing");
        for (const name of names) verdicts.set(name, verdict(name, manifests));
      });

      for (const name of names)
        it(`${name} finds nothing`, () => {
          const { faults = [], checks = 0, skipped = [] } = verdicts.get(name) ?? {};
          assert.deepEqual(faults, []);
          // Some have nothing to say about kinds that run nothing.
          if (name === "kubeconform" || manifests.some(({ kind }) => RUNNING.includes(kind)))
            assert.ok(checks > 0, "nothing was checked");
          const reasons = { ...sample.ignored, ...sample.withoutSchema };
          for (const { check, reason } of skipped)
            assert.ok(
              (reason || reasons[check] || "").length >= 10,
              `${name} leaves ${check} out, and nobody says why`,
            );
        });

      it("leaves out nothing that it need not", () => {
        const skipped = new Set(
          [...verdicts.values()].flatMap((each) => each.skipped.map(({ check }) => check)),
        );
        for (const check of Object.keys({ ...sample.ignored, ...sample.withoutSchema }))
          assert.ok(skipped.has(check), `${check} is left out by no object`);
      });
    });

  describe("that are planted", () => {
    for (const name of names)
      it(`${name} finds nothing in good ones`, () => assert.deepEqual(verdict(name, GOOD).faults, []));

    for (const [name, what, manifests, expected] of BAD)
      it(`${name} finds ${what}`, () => {
        const { faults } = verdict(name, manifests);
        assert.ok(
          faults.some((fault) => expected.test(fault)),
          faults.join("\n") || "nothing was found",
        );
      });

    it("skips are seen with their reasons", () => {
      const [pod] = BAD.find(([name]) => name === "checkov")?.[2] ?? [];
      assert.ok(pod !== undefined);
      const skipping = {
        ...pod,
        metadata: {
          ...pod.metadata,
          annotations: {
            "checkov.io/skip1": "CKV_K8S_16=it is an agent of the node",
            "kube-score/ignore": "container-security-context-privileged",
          },
        },
      };
      const found = verdict("checkov", [skipping]);
      assert.ok(!found.faults.some((fault) => fault.startsWith("CKV_K8S_16")));
      assert.deepEqual(found.skipped, [{ check: "CKV_K8S_16", reason: "it is an agent of the node" }]);
      assert.deepEqual(verdict("kube-score", [skipping]).skipped, [
        { check: "container-security-context-privileged", reason: "" },
      ]);
    });
  });
});
