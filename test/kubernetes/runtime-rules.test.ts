import assert from "node:assert/strict";
import { parse } from "yaml";
import { RuntimeRules, type RuntimeRulesArgs } from "../../components/kubernetes/index.js";
import { only, record, type Recorded } from "../libvirt/recorder.js";
import { judged } from "./judged.js";
import { rulesArgs } from "./runtime-rules-samples.js";

type Item = Readonly<Record<string, unknown>>;

async function made(change: Partial<RuntimeRulesArgs> = {}): Promise<{
  readonly resources: readonly Recorded[];
  readonly items: readonly Item[];
  readonly component: RuntimeRules;
}> {
  let component: RuntimeRules | undefined;
  const resources = await record(() => {
    component = new RuntimeRules("databases", rulesArgs(change));
  });
  const { data } = only(resources, "kubernetes:core/v1:ConfigMap").inputs as { data: Record<string, string> };
  assert.deepEqual(Object.keys(data), ["pgkeep-databases.yaml"]);
  assert.ok(component !== undefined);
  return { resources, items: parse(data["pgkeep-databases.yaml"] ?? "") as Item[], component };
}

const named = (items: readonly Item[], kind: string): Map<unknown, Item> =>
  new Map(items.filter((item) => kind in item).map((item) => [item[kind], item]));

async function refusals(change: object, name = "databases"): Promise<string[]> {
  try {
    await record(() => new RuntimeRules(name, { ...rulesArgs(), ...change } as RuntimeRulesArgs));
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return error.message.split("\n  ").slice(1);
  }
  return assert.fail("nothing was refused");
}

// What the rules find is tried on a real engine in test/lab/detection.
describe("RuntimeRules", function () {
  this.timeout(60_000);

  it("renders nothing that the policy pack finds fault with", async () =>
    assert.deepEqual(judged((await made()).resources), []));

  it("says first which Falco it needs", async () => {
    const { items } = await made();
    assert.deepEqual(items.slice(0, 2), [
      { required_engine_version: "0.57.0" },
      { required_plugin_versions: [{ name: "container", version: "0.4.0" }] },
    ]);
  });

  it("defines lists before macros, macros before those that use them, and rules last", async () => {
    const { items } = await made();
    const kinds = items.slice(2).map((item) => ["list", "macro", "rule"].find((kind) => kind in item));
    assert.deepEqual(kinds, [...kinds].toSorted());
    const known = new Set<string>();
    for (const item of items.slice(2)) {
      const used = String(item["condition"] ?? "").match(/\bpgkeep_\w+/g) ?? [];
      for (const name of used) assert.ok(known.has(name), `${JSON.stringify(item)} uses ${name}`);
      known.add(String(item["list"] ?? item["macro"] ?? item["rule"]));
    }
  });

  it("has rules with every key that Falco demands and no other, and uses every list and macro", async () => {
    const { items } = await made();
    const rules = [...named(items, "rule").values()];
    assert.equal(rules.length, 8);
    assert.ok(named(items, "rule").has("Database Unauthorized Access"));
    for (const rule of rules) {
      assert.deepEqual(Object.keys(rule), [
        "rule",
        "desc",
        "condition",
        "output",
        "priority",
        "tags",
        "source",
      ]);
      assert.ok(!/evt\.dir/.test(String(rule["condition"])));
    }
    const used = items.flatMap((item) => String(item["condition"] ?? "").match(/\bpgkeep_\w+/g) ?? []);
    const defined = [...named(items, "list").keys(), ...named(items, "macro").keys()];
    assert.deepEqual([...new Set(used)].toSorted(), defined.toSorted());
  });

  it("names images of Docker Hub as every runtime does", async () => {
    const { items } = await made({
      images: ["postgres", "bitnami/postgresql", "registry.example.org:5000/pg"],
    });
    assert.deepEqual(named(items, "list").get("pgkeep_images")?.["items"], [
      "postgres",
      "library/postgres",
      "docker.io/library/postgres",
      "bitnami/postgresql",
      "docker.io/bitnami/postgresql",
      "registry.example.org:5000/pg",
    ]);
  });

  it("puts a macro of one's own in the place of its own", async () => {
    const condition = '(fd.cnet in (pgkeep_clients) or fd.cip = "192.0.2.1")';
    const { items } = await made({ macros: { pgkeep_client: condition } });
    assert.equal(named(items, "macro").get("pgkeep_client")?.["condition"], condition);
  });

  it("gives the same rules as values for Falco's chart, which lets all rules speak", async () => {
    const { resources, component } = await made();
    const { data } = only(resources, "kubernetes:core/v1:ConfigMap").inputs;
    assert.deepEqual(component.chartValues, { customRules: data, falco: { rule_matching: "all" } });
  });

  it("lies in Falco's namespace under its own name", async () => {
    const { metadata } = only((await made()).resources, "kubernetes:core/v1:ConfigMap").inputs;
    assert.deepEqual(metadata, {
      name: "databases",
      namespace: "falco",
      labels: { "app.kubernetes.io/name": "runtime-rules", "app.kubernetes.io/instance": "databases" },
    });
  });

  describe("refuses", () => {
    for (const [change, expected] of [
      [{ clients: [] }, /^clients: .* is too short/],
      [{ clients: ["0.0.0.0/0"] }, /^clients\[0\]: .* takes in most of the Internet/],
      [{ clients: ["10.20.0.1/24"] }, /^clients\[0\]: .* has host bits set; give 10\.20\.0\.0\/24/],
      [
        { clients: ["2001:db8::/32"] },
        /^clients\[0\]: .* is a network of IPv6, which the rules do not know yet/,
      ],
      [{ destinations: ["10.0.0.0"] }, /^destinations\[0\]: .* is not a network/],
      [{ images: ["postgres:18"] }, /^images\[0\]: "postgres:18" has a tag/],
      [{ images: ["Postgres"] }, /^images\[0\]: /],
      [
        { backupPrograms: ["barman-wal-archive"] },
        /^backupPrograms\[0\]: .* has 18 bytes, so it never fits; give barman-wal-arch,/,
      ],
      [{ backupPrograms: ["a b"] }, /^backupPrograms\[0\]: .* is no name of a program/],
      [{ archivers: ["pgbackrest; id"] }, /^archivers\[0\]: .* is no plain command/],
      [{ archivers: ['x" or proc.name = "x'] }, /^archivers\[0\]: .* is no plain command/],
      [{ knownShells: [""] }, /^knownShells\[0\]: /],
      [{ dataPaths: ["var/lib"] }, /^dataPaths\[0\]: .* is not a plain absolute path/],
      [{ secretPaths: ["/run/secrets)"] }, /^secretPaths\[0\]: /],
      [{ port: 0 }, /^port: 0 is too small/],
      [{ macros: { pgkeep_nobody: "(evt.num > 0)" } }, /^macros/],
      [{ macros: { pgkeep_client: "(evt.dir = <)" } }, /^macros\.pgkeep_client: .* asks for evt\.dir/],
      [{ macros: { pgkeep_client: "(proc.name = x" } }, /^macros\.pgkeep_client: .* is not one condition/],
      [{ macros: { pgkeep_client: "(evt.num > 0) or (evt.num > 0)" } }, /is not one condition/],
      [{ macros: { pgkeep_client: '(proc.name = ")' } }, /is not one condition/],
      [{ namespace: "Falco" }, /^namespace: /],
      [{ rules: [] }, /^rules: .* is not a known setting; give one of the documented arguments/],
    ] as const)
      it(JSON.stringify(change), async () => {
        const found = await refusals(change);
        assert.ok(
          found.some((line) => expected.test(line)),
          found.join("\n"),
        );
      });

    it("everything at once", async () => {
      const found = await refusals({ clients: ["x"], port: 70_000, images: [] }, "Rules");
      const paths = found.map((line) => line.slice(0, line.indexOf(":")));
      assert.deepEqual(paths.toSorted(), ["clients[0]", "images", "name", "port"]);
    });
  });
});
