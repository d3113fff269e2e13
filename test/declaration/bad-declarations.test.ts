import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DeclarationError, parseEnvironment } from "../../components/declaration/index.js";
import {
  cnpgEnvironment,
  kubernetesEnvironment,
  kvmEnvironment,
  vmwareEnvironment,
} from "../fixtures/environment.js";
import { changed } from "./change.js";

interface Row {
  readonly changes: readonly string[];
  readonly problems: readonly string[];
}

const FIXTURES: Readonly<Record<string, () => unknown>> = {
  "vmware.txt": vmwareEnvironment,
  "kubernetes.txt": kubernetesEnvironment,
  "cnpg.txt": cnpgEnvironment,
};

const folder = join(__dirname, "bad");

function rows(file: string): Row[] {
  return readFileSync(join(folder, file), "utf8")
    .split(/\n\n+/)
    .slice(1)
    .map((block) => {
      const lines = block.split("\n").filter((line) => line !== "");
      return {
        changes: lines.filter((line) => !line.startsWith("  ")),
        problems: lines.filter((line) => line.startsWith("  ")).map((line) => line.slice(2)),
      };
    });
}

const files = readdirSync(folder).toSorted();
const table = new Map(files.map((file) => [file, rows(file)]));

describe("bad declarations", () => {
  it("are at least 150", () => {
    const count = [...table.values()].flat().length;
    assert.ok(count >= 150, `${count} rows`);
  });

  for (const [file, list] of table) {
    describe(file.replace(".txt", ""), () => {
      for (const { changes, problems } of list) {
        it(changes.join("; ").slice(0, 100), () => {
          assert.ok(problems.length > 0, "a row without an expected problem proves nothing");
          assert.deepEqual(problemsOf(changed(changes, FIXTURES[file] ?? kvmEnvironment)), problems);
        });
      }
    });
  }

  it("are reported all at once, sections and contradictions alike", () => {
    const input = changed([
      "cluster.version = 17.1",
      "objectives.rto removed",
      'failover.ttl = "20 s"',
      'access.rules[0].from = "apps"',
      'kvm.hosts[1].name = "host-a"',
      'kvm.addresses[2].client = "10.77.1.101"',
      'colour = "blue"',
    ]);
    const paths = problemsOf(input).map((problem) => problem.split(" | ")[0]);
    assert.deepEqual(paths, [
      "colour",
      "cluster.version",
      "objectives.rto",
      "failover.ttl",
      "access.groups[0].name",
      "access.rules[0].from",
      "kvm.hosts[1].name",
      "kvm.addresses[2].client",
    ]);
  });

  it("are told in one message with one line a problem", () => {
    const input = changed(["cluster.version = 17.1", "objectives.rto removed"]);
    assert.throws(() => parseEnvironment(input), {
      name: "DeclarationError",
      message: [
        "the declaration has 2 problems:",
        '  cluster.version: 17.1 has the wrong type; give major and minor in quotes, such as "17.11" or "18.6"',
        '  objectives.rto: (nothing) is missing; give a number and a unit of s, min, h, d or w, such as "30 min"',
      ].join("\n"),
    });
  });

  for (const input of [undefined, null, 5, "cluster: x", [], true]) {
    it(`that are no mapping at all: ${JSON.stringify(input)}`, () => {
      const [problem, ...rest] = problemsOf(input);
      assert.match(problem ?? "", /^\(the whole declaration\) \| .* \| is not a mapping \| sections such as/);
      assert.deepEqual(rest, []);
    });
  }
});

function problemsOf(input: unknown): string[] {
  try {
    parseEnvironment(input);
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    return error.problems.map(({ path, value, problem, remedy }) =>
      [path, value, problem, remedy].join(" | "),
    );
  }
  return [];
}
