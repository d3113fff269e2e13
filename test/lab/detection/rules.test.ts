import assert from "node:assert/strict";
import { readRuntimeRules } from "../../../components/kubernetes/runtime-rules/args.js";
import { rulesFile } from "../../../components/kubernetes/runtime-rules/rules-file.js";
import type { RuntimeRulesArgs } from "../../../components/kubernetes/index.js";
import { sampleCluster } from "../../kubernetes/postgres-cluster-samples.js";
import { rulesArgs } from "../../kubernetes/runtime-rules-samples.js";
import { record as recordProgram } from "../../libvirt/recorder.js";
import { compile, Recording } from "./engine.js";
import { conjuncts, expanded, readRules, type RulesText } from "./rules-text.js";
import { KNOWN_SHELL, record, SCENARIOS } from "./scenarios.js";

/*
 * The rules on the filter engine of Falco's own libraries, in the version that Debian has (sysdig): it compiles each condition, and
 * says which events of a capture fit it. Fields of Kubernetes are empty there, and no rule decides by them.
 */

const rulesFor = (change: Partial<RuntimeRulesArgs> = {}): RulesText =>
  readRules(rulesFile(readRuntimeRules("databases", rulesArgs(change))));

/** Parts that exclude nothing more in this engine; in a newer one a call that failed may carry addresses. */
const GUARDS: ReadonlySet<string> = new Set(["evt.rawres >= 0", "fd.typechar in (4, 6)"]);

describe("runtime rules on the engine", function () {
  this.timeout(120_000);
  const text = rulesFor({ knownShells: [KNOWN_SHELL] });

  describe("compile", () => {
    for (const { rule, condition } of text.rules)
      it(rule, () => assert.equal(compile(expanded(condition, text)), undefined));

    for (const [title, change] of [
      ["with nothing excepted", { archivers: [], destinations: [] }],
      ["with shells that are known", { knownShells: ["pg_isready -U postgres", "/probes/ready.sh"] }],
      [
        "with everything named",
        {
          images: ["registry.example.org:5000/a/postgres"],
          port: 6543,
          dataPaths: ["/data"],
          secretPaths: ["/keys"],
          backupPrograms: ["barman-wal-arch"],
        },
      ],
      [
        "with a macro of one's own",
        { macros: { pgkeep_client: '(fd.cnet in (pgkeep_clients) or fd.cip = "192.0.2.1")' } },
      ],
    ] as const)
      it(title, () => {
        const changed = rulesFor(change as Partial<RuntimeRulesArgs>);
        for (const { rule, condition } of changed.rules)
          assert.equal(compile(expanded(condition, changed)), undefined, rule);
      });

    it("as a cluster of ours places them", async () => {
      const maps = (await recordProgram(() => sampleCluster())).filter(({ name }) => name.endsWith("-rules"));
      const texts = maps.flatMap(({ inputs }) =>
        Object.values((inputs["data"] ?? {}) as Record<string, string>),
      );
      assert.equal(texts.length, 2);
      for (const placed of texts.map(readRules))
        for (const { rule, condition } of placed.rules)
          assert.equal(compile(expanded(condition, placed)), undefined, rule);
    });

    for (const [condition, fault] of [
      ["proc.nam = postgres", /filter error.*proc\.nam/],
      ["evt.type in (acept)", /filter error.*acept/],
      ['fd.cip in ("10.0.0.0/8")', /filter error/],
      ["(proc.name = sh", /filter error/],
      ["proc.name like sh", /filter error/],
    ] as const)
      it(`and this does not: ${condition}`, () => assert.match(compile(condition) ?? "", fault));
  });

  describe("find", () => {
    let recording: Recording;
    const { bytes, numbers } = record(SCENARIOS);
    before(() => (recording = new Recording(bytes)));
    after(() => recording.remove());
    const found = new Map<string, readonly number[]>();
    const matching = (condition: string): readonly number[] => {
      const before = found.get(condition) ?? recording.matching(expanded(condition, text));
      found.set(condition, before);
      return before;
    };

    SCENARIOS.forEach(({ what, where, rules }, i) =>
      it(`${what} (${where}): ${rules.join(", ") || "nothing"}`, () => {
        const said = text.rules.filter(({ condition }) => matching(condition).includes(numbers[i] ?? -1));
        assert.deepEqual(said.map(({ rule }) => rule).toSorted(), [...rules].toSorted());
      }),
    );

    it("no event but those that have ended", () => {
      const known = new Set(numbers);
      for (const { rule, condition } of text.rules)
        assert.deepEqual(
          matching(condition).filter((number) => !known.has(number)),
          [],
          rule,
        );
    });

    for (const { rule, condition, output } of text.rules) {
      const expectations = SCENARIOS.filter(({ rules }) => rules.includes(rule));
      it(`${rule}: has events that it must match, and prints what it says about each`, () => {
        assert.ok(expectations.length >= 2);
        const printed = recording.printed(expanded(condition, text), output);
        assert.equal(printed.length, expectations.length);
        for (const line of printed) assert.match(line, /container_id=(?:\d{12}|host|<NA>) image=/);
      });
    }

    for (const { rule, condition } of text.rules) {
      const parts = conjuncts(condition);
      it(`${rule}: each of its ${parts.length} parts decides about one of the events`, () => {
        const whole = matching(condition).join();
        for (const part of parts.filter((each) => !GUARDS.has(each))) {
          const without = parts.filter((other) => other !== part).join(" and ");
          assert.notEqual(matching(without).join(), whole, `without "${part}" nothing changes`);
        }
      });
    }

    it("shells that the declaration knows", () => {
      const known = rulesFor({ knownShells: ["curl http://192.0.2.9/x"] });
      const shell = known.rules.find(({ rule }) => rule === "Database Shell Started");
      const at = SCENARIOS.findIndex(({ what }) => what === "a shell of the server");
      assert.ok(shell !== undefined && numbers[at] !== undefined);
      assert.ok(!recording.matching(expanded(shell.condition, known)).includes(numbers[at]));
    });

    it("every archiver, where none is excepted", () => {
      const none = rulesFor({ archivers: [] });
      const shell = none.rules.find(({ rule }) => rule === "Database Shell Started");
      const at = SCENARIOS.findIndex(({ what }) => what === "the archiver");
      assert.ok(shell !== undefined && numbers[at] !== undefined);
      assert.ok(recording.matching(expanded(shell.condition, none)).includes(numbers[at]));
    });
  });
});
