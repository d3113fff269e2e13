import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { sarif } from "../../../operations/policy/sarif.js";
import { explanation, markdown } from "../../../operations/policy/text.js";
import {
  complianceOf,
  judgeStack,
  readConfiguration,
  RULES,
  type Judgement,
  type Subject,
} from "../../../policy/offline.js";
import { NOW, rule, subject, UNKNOWN_TEXT } from "../../policy/fixtures.js";
import { SARIF_STRUCTURE } from "./sarif-structure.js";

const RESOURCES: readonly Subject[] = [
  subject("vm", { firmware: "bios", vtpm: undefined, enableLogging: UNKNOWN_TEXT }, { name: "pg-a1" }),
  subject("portGroup", { allowPromiscuous: true }, { name: "clients" }),
];
const CONFIG = {
  "portgroup-rejects": {
    exemptions: [{ resource: "clients", reason: "the intrusion detection listens", expires: "2027-06-30" }],
  },
  "vm-encrypted": {
    exemptions: [{ resource: "pg-*", reason: "nothing needs this one", expires: "2027-06-30" }],
  },
  "vm-disk-ids": "disabled",
  all: "mandatory",
};

function judged(config: unknown = CONFIG, resources = RESOURCES): Judgement {
  const read = readConfiguration(config, RULES);
  assert.ok(read.ok);
  return judgeStack(RULES, resources, read.of, NOW);
}

describe("a judgement without the engine", () => {
  const judgement = judged();
  const of = (id: string) => judgement.rules.find((each) => each.rule.id === id);

  it("finds what the pack finds, at the level of the configuration", () => {
    assert.equal(judgement.passes, false);
    assert.deepEqual(
      of("vm-secure-boot")?.findings.map(({ kind, blocks, level }) => [kind, blocks, level]),
      [["violation", true, "mandatory"]],
    );
    // Advisory by itself, mandatory here.
    assert.equal(of("vm-tpm")?.findings[0]?.blocks, true);
    assert.deepEqual([of("vm-disk-ids")?.enabled, of("vm-disk-ids")?.findings], [false, []]);
  });

  it("turns exempt findings into notes, and tells of exemptions that nothing needs", () => {
    const [note] = of("portgroup-rejects")?.findings ?? [];
    assert.equal(note?.kind, "note");
    assert.equal(note.exemption?.reason, "the intrusion detection listens");
    assert.deepEqual(
      judgement.unused.map((each) => each.rule),
      ["vm-encrypted"],
    );
  });

  it("says what could not be judged", () =>
    assert.match(
      of("vm-logging")?.findings[0]?.text ?? "",
      /^not known during the preview: \.enableLogging/,
    ));

  it("passes when nothing blocks: advice alone does not", () => {
    const kept = [subject("portGroup"), subject("vm", { vtpm: undefined })];
    assert.equal(judged({ "hand-made-second-site": "disabled", all: "advisory" }, kept).passes, true);
    assert.equal(judged({}, [subject("portGroup")]).passes, true);
  });
});

describe("the compliance table", () => {
  it("names for each control the rules that answer it, and only those", () => {
    const tables = complianceOf(RULES);
    const pairs = tables.flatMap(({ framework, controls }) =>
      controls.flatMap(({ id, rules }) => rules.map((each) => `${each} ${framework} ${id}`)),
    );
    assert.deepEqual(
      pairs.toSorted(),
      RULES.flatMap(({ id, controls }) => controls.map((control) => `${id} ${control}`)).toSorted(),
    );
  });

  it("says how each control stands", () => {
    const states = new Map(
      complianceOf(RULES, judged()).flatMap(({ framework, controls }) =>
        controls.map(({ id, state }) => [`${framework} ${id}`, state]),
      ),
    );
    assert.equal(states.get("VMware SCG guest-8.secure-boot"), "violated");
    assert.equal(states.get("VMware SCG vm-8.log-enable"), "open");
    assert.equal(states.get("VMware SCG esxi-8.network-reject-mac-changes-standardswitch"), "open");
    assert.equal(states.get("VMware SCG vm-8.vmrc-lock"), "kept");
    assert.equal(states.get("SOC 2 A1.3"), "violated");
    assert.equal(states.get("PCI DSS 2.2.7"), "not judged");
  });

  it("claims nothing where there is nothing to judge", () => {
    const [soc2] = complianceOf(RULES, judged({}, [subject("portGroup")])).filter(
      ({ framework }) => framework === "SOC 2",
    );
    assert.equal(soc2?.controls.find(({ id }) => id === "A1.3")?.state, "not judged");
  });
});

describe("reports", () => {
  it("in Markdown have a row for each finding, with nothing that breaks the table", () => {
    const text = markdown("preview.json", judged(), complianceOf(RULES, judged()));
    assert.match(text, /^preview\.json: 2 resources, \d+ rules\. \*\*\d+ findings block\.\*\*/m);
    assert.match(text, /\| `vm-secure-boot` \| high \| mandatory \| \S+VirtualMachine vm \|/);
    assert.match(text, /## Exemptions in use\n\n/);
    assert.match(text, /exempt until 2027-06-30, because: the intrusion detection listens/);
    assert.match(text, /^Disabled: `vm-disk-ids`\.$/m);
    for (const line of text.split("\n").filter((each) => each.startsWith("|")))
      assert.match(line, /^\| .* \|$/);
    // As many cells in each row as in the head above it.
    for (const part of text.split("\n\n").filter((each) => each.startsWith("|"))) {
      const widths = part.split("\n").map((line) => line.split(/(?<!\\)\|/).length);
      assert.deepEqual(new Set(widths).size, 1, part.slice(0, 200));
    }
  });

  it("in SARIF have the structure of the published schema", () => {
    const log = sarif("out/preview file.json", judged(), "0.1.0");
    const validate = new Ajv({ allErrors: true, strict: true }).compile(SARIF_STRUCTURE);
    assert.ok(validate(JSON.parse(JSON.stringify(log))), JSON.stringify(validate.errors, undefined, 1));
    for (const broken of [
      { ...log, version: "2.0.0" },
      { ...log, runs: [{}] },
      { ...log, runs: [{ tool: { driver: {} } }] },
      { ...log, runs: [{ tool: { driver: { name: "x" } }, results: [{ ruleId: "x" }] }] },
    ])
      assert.equal(validate(broken), false);
  });

  it("in SARIF point at rules and resources, and suppress what is exempt", () => {
    const { runs } = sarif("out/preview file.json", judged(), "0.1.0");
    const [run] = JSON.parse(JSON.stringify(runs)) as {
      tool: { driver: { rules: { id: string }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        suppressions?: { justification: string }[];
        locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
      }[];
    }[];
    assert.ok(run !== undefined && run.results.length > 3);
    for (const { ruleId, ruleIndex, locations } of run.results) {
      assert.equal(run.tool.driver.rules[ruleIndex]?.id, ruleId);
      assert.equal(locations[0]?.physicalLocation.artifactLocation.uri, "out/preview%20file.json");
    }
    const result = (id: string) => run.results.find(({ ruleId }) => ruleId === id);
    assert.equal(result("vm-secure-boot")?.level, "error");
    assert.equal(result("vm-logging")?.level, "note");
    assert.deepEqual(
      result("portgroup-rejects")?.suppressions?.map(({ justification }) => justification),
      ["the intrusion detection listens"],
    );
  });

  it("explain every rule: what, why, how, controls with their meaning, parameters with unit", () => {
    for (const each of RULES) {
      const text = explanation(each);
      for (const part of [each.title, each.why, each.fix, ...each.controls])
        assert.ok(text.includes(part), each.id);
    }
    assert.match(
      explanation(rule("vm-orderly-shutdown")),
      /^ {2}minutes: shortest wait for a shutdown; default 10 minutes, at least 1, at most 10$/m,
    );
  });
});

describe("pgkeep policy", function () {
  this.timeout(240_000); // Starts the command from its sources, on a busy machine too.
  const directory = mkdtempSync(join(tmpdir(), "pgkeep-policy-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const root = join(__dirname, "..", "..", "..");
  const file = (name: string, content: unknown): string => {
    const path = join(directory, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const pgkeep = (...args: string[]): { code: number | null; out: string; err: string } => {
    const argv = ["--import", "tsx", join(root, "operations", "cli.ts"), "policy", ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  };
  const exported = (inputs: object): object => ({
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:s::p::vsphere:index/distributedPortGroup:DistributedPortGroup::clients",
          type: "vsphere:index/distributedPortGroup:DistributedPortGroup",
          inputs,
        },
      ],
    },
  });
  const closed = { vlanId: 9, allowPromiscuous: false, allowForgedTransmits: false, allowMacChanges: false };

  it("report ends with 1 when something blocks and writes the file that is asked for", () => {
    const out = join(directory, "report.sarif");
    const { code } = pgkeep("report", file("a.json", exported({})), "--format", "sarif", "--out", out);
    assert.equal(code, 1);
    assert.equal((JSON.parse(readFileSync(out, "utf8")) as { version: string }).version, "2.1.0");
  });

  it("report ends with 0 when nothing does, and with 2 for what it cannot read", () => {
    const { code, out } = pgkeep("report", file("b.json", exported(closed)), "--json");
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as { ok: boolean }).ok, true);
    const refused = pgkeep("report", file("c.json", {}));
    assert.equal(refused.code, 2);
    assert.match(refused.err, /c\.json cannot be judged: it is neither/);
  });
});
