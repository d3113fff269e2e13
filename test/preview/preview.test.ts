import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { DeclarationError, parseEnvironment, type Environment } from "../../components/declaration/index.js";
import { readStackFile } from "../../operations/declaration-file.js";
import { comment } from "../../preview/index.js";
import { judge, PLACEHOLDER_RULE } from "../../preview/judge.js";
import { declaredBy, type DeclaredResource } from "../../preview/monitor.js";
import { holdsPlaceholder, placeholderSecrets } from "../../preview/placeholders.js";
import { previewEnvironment, type Preview } from "../../preview/preview.js";
import { resourceRule, stackRule, type Rule } from "../../policy/index.js";
import { changed } from "../declaration/change.js";
import { configured } from "./configured.js";

const ROOT = join(__dirname, "..", "..");
const NOW = new Date("2026-11-26T12:00:00Z");
const TARGET = { project: "pgkeep", stack: "s" };

function preview(
  environment: Environment,
  part: { config?: object; policyConfig?: unknown } = {},
): Promise<Preview> {
  const { config = {}, policyConfig = {} } = part;
  return previewEnvironment({
    ...{ environment, ...TARGET, now: NOW, configured: configured(policyConfig) },
    config: config as Readonly<Record<string, unknown>>,
  });
}

describe("preview of an environment", function () {
  this.timeout(300_000);

  const stacks = readdirSync(ROOT).flatMap((file) => /^Pulumi\.([a-z0-9-]+)\.yaml$/.exec(file)?.[1] ?? []);
  for (const stack of stacks)
    it(`lets ${stack} pass under its exemptions, and uses all of them`, async () => {
      const { environment, config } = readStackFile(join(ROOT, `Pulumi.${stack}.yaml`));
      const file = join(ROOT, "policy", "exemptions", `${stack}.json`);
      const made = await preview(parseEnvironment(environment), {
        config,
        policyConfig: existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : undefined,
      });
      assert.deepEqual(
        made.policy.findings.filter(({ level }) => level === "mandatory"),
        [],
      );
      assert.deepEqual([made.ok, made.policy.unused, made.objectives.unmet], [true, [], []]);
      assert.ok(made.objectives.rows.every(({ kept }) => kept));
    });

  describe("of the fixture", () => {
    let made: Preview;
    before(async () => {
      made = await preview(parseEnvironment(changed([])));
    });
    const find = (name: string, type: string): DeclaredResource =>
      made.resources.find((each) => each.name === name && each.type === type) ?? assert.fail(name);

    it("knows type, parents, provider and protection of each resource as the engine does", () => {
      const volume = find("orders-pg-a1-data", "libvirt:index/volume:Volume");
      const above = "urn:pulumi:s::pgkeep::pgkeep:libvirt:PostgresCluster";
      assert.equal(
        volume.urn,
        `${above}$pgkeep:libvirt:PostgresVm$libvirt:index/volume:Volume::orders-pg-a1-data`,
      );
      assert.equal(volume.parent, `${above}$pgkeep:libvirt:PostgresVm::orders-pg-a1`);
      assert.equal(volume.provider, `${above}$pulumi:providers:libvirt::orders-host-a`);
      assert.equal(volume.protect, true);
      assert.equal(find("orders-pg-a1-seed", "libvirt:index/cloudInitDisk:CloudInitDisk").protect, false);
      const [stack, ...others] = made.resources;
      assert.deepEqual(
        [stack?.type, stack?.name, stack?.parent],
        ["pulumi:pulumi:Stack", "pgkeep-s", undefined],
      );
      for (const { urn, parent } of others)
        assert.ok(
          made.resources.some((each) => each.urn === parent),
          `${urn} has a parent that is declared before it`,
        );
      assert.equal(new Set(made.resources.map(({ urn }) => urn)).size, made.resources.length);
    });

    it("leaves unknown what only a provider can tell, and says which rules wait for it", () => {
      const domain = find("orders-pg-a1", "libvirt:index/domain:Domain");
      const disks = domain.inputs["disks"] as { volumeId: string }[];
      assert.deepEqual(
        disks.map(({ volumeId }) => volumeId),
        Array.from({ length: 3 }, () => "04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
      );
      assert.ok(
        made.policy.undecided.some(
          ({ rule, resource, text }) =>
            rule === "secrets-are-secret" && resource === "orders-pg-a1" && text.includes("volumeId"),
        ),
      );
    });

    it("keeps every secret a secret and shows none anywhere", () => {
      const command = find("orders-host-a-agent", "command:remote:Command");
      assert.deepEqual(command.secretPaths, [".connection", ".stdin"]);
      assert.ok(holdsPlaceholder(String(command.inputs["stdin"])), "the bundle holds placeholders");
      const document = { ...made, resources: made.resources.map(({ name, urn }) => ({ name, urn })) };
      assert.ok(!holdsPlaceholder(comment(made)) && !holdsPlaceholder(JSON.stringify(document)));
    });

    it("tells apart what is missing in the file for the real engine", () =>
      assert.deepEqual(
        made.notes.map((note) => /pgkeep:\w+/.exec(note)?.[0]),
        ["pgkeep:sshKeyFile", "pgkeep:secrets"],
      ));
  });

  it("is blocked by what the real preview blocks, with the rule, the place, why and what to do", async () => {
    const made = await preview(parseEnvironment(changed(['backup.repository.encryption = "none"'])));
    assert.equal(made.ok, false);
    const [finding] = made.policy.findings;
    assert.deepEqual(
      [finding?.rule, finding?.level, finding?.resource],
      ["backup-encrypted-elsewhere", "mandatory", "orders"],
    );
    assert.match(finding?.problem ?? "", /^\.environment\.backup\.repository/);
    assert.ok((finding?.why ?? "") !== "" && (finding?.fix ?? "") !== "");
  });

  it("is blocked by an objective that is missed, and shows the sum", async () => {
    const made = await preview(parseEnvironment(changed(['objectives.rto = "1 min"'])));
    assert.deepEqual([made.ok, made.policy.findings[0]?.rule], [false, "objectives-achieved"]);
    const vm = made.objectives.rows.find(({ achieved }) => achieved.failure === "vm");
    assert.deepEqual([vm?.rto, vm?.achieved.rto, vm?.kept], [60, 69, false]);
    assert.ok(made.objectives.unmet.some((text) => text.includes("ttl 30 s + loop_wait 10 s")));
  });

  it("does not protect where the file says so, and the rule about it blocks", async () => {
    const made = await preview(parseEnvironment(changed([])), { config: { "pgkeep:protect": false } });
    assert.ok(made.resources.every(({ protect }) => !protect));
    assert.ok(
      made.policy.findings.some(({ rule, level }) => rule === "data-protected" && level === "mandatory"),
    );
  });

  it("takes encrypted secrets without their passphrase and refuses clear ones without showing them", async () => {
    const environment = parseEnvironment(changed([]));
    const config = { "pgkeep:sshKeyFile": "/k", "pgkeep:secrets": { secure: "v1:abc:def" } };
    assert.deepEqual((await preview(environment, { config })).notes, []);
    for (const clear of [{ passwords: { app: "PLANTED" } }, { secure: "x", other: "PLANTED" }, "PLANTED"])
      await assert.rejects(
        preview(environment, { config: { "pgkeep:secrets": clear, "pgkeep:protect": "PERHAPS" } }),
        (error) => {
          assert.ok(error instanceof DeclarationError);
          assert.deepEqual(
            error.problems.map(({ path }) => path),
            ["pgkeep:protect", "pgkeep:secrets"],
          );
          return !error.message.includes("PLANTED");
        },
      );
  });

  it("is the same from run to run", async () => {
    const runs = [await preview(parseEnvironment(changed([]))), await preview(parseEnvironment(changed([])))];
    assert.deepEqual(runs[0], runs[1]);
  });
});

describe("placeholders of secrets", () => {
  it("have the shape of secrets: every one is marked, what is public is not", () => {
    const secrets = placeholderSecrets(parseEnvironment(changed([])));
    const texts = (value: unknown, path: string): [string, string][] =>
      typeof value === "string"
        ? [[path, value]]
        : Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
    for (const [path, text] of texts(secrets, ""))
      assert.equal(holdsPlaceholder(text), !/\.(authority|certificate|public)$/.test(path), path);
  });
});

describe("a program under the preview", function () {
  this.timeout(300_000);

  class Thing extends pulumi.CustomResource {
    constructor(name: string, inputs: pulumi.Inputs, options?: pulumi.CustomResourceOptions) {
      super("test:index:Thing", name, inputs, options);
    }
  }
  const judged = async (rules: readonly Rule[], program: () => void, config: object = {}) =>
    judge(
      rules,
      await declaredBy(() => {
        program();
        return {};
      }, TARGET),
      configured(config, rules),
      NOW,
    );

  it("is found out when it lets a secret go, in clear or as base64 within another text", async () => {
    const { passwords, operationsKey } = placeholderSecrets(parseEnvironment(changed([])));
    const text = Object.values(passwords)[0] ?? "";
    const { findings } = await judged([], () => {
      new Thing("kept", {
        password: pulumi.secret(text),
        nested: { key: pulumi.secret(operationsKey.private) },
      });
      new Thing("let-go", { line: `psql postgres://u:${text}@h`, list: [operationsKey.private] });
      new Thing("packed", { seed: `x ${Buffer.from(`user: ${text} and more`).toString("base64")}` });
    });
    assert.deepEqual(
      findings.map(({ rule, resource, problem }) => [rule, resource, problem.split(":")[0]]),
      [
        [PLACEHOLDER_RULE, "let-go", ".line"],
        [PLACEHOLDER_RULE, "let-go", ".list[0]"],
        [PLACEHOLDER_RULE, "packed", ".seed"],
      ],
    );
    assert.ok(findings.every(({ problem }) => !holdsPlaceholder(problem)));
  });

  it("fails with what it throws", () =>
    assert.rejects(
      declaredBy(() => {
        throw new Error("thrown at once");
      }, TARGET),
      /thrown at once/,
    ));

  it("fails with what is thrown within an output that nobody waits for", async () => {
    // The test runner ends itself on such an error, so it must not hear of this one.
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    try {
      await assert.rejects(
        declaredBy(() => {
          const fails = pulumi.output(1).apply((): string => {
            throw new Error("thrown later");
          });
          new Thing("x", { fails });
          return {};
        }, TARGET),
        /thrown later/,
      );
    } finally {
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
  });

  const all = {
    severity: "high",
    level: "mandatory",
    title: "t",
    why: "w",
    fix: "f",
    controls: ["SOC 2 A1.2"],
  } as const;
  const each = resourceRule({
    ...all,
    id: "each",
    types: ["test:index:Thing"],
    judge: (thing, find) => {
      if (thing.inputs.text("size") === "large") find("is large", ".size");
    },
  });
  const broken = resourceRule({
    ...all,
    id: "broken",
    level: "advisory",
    types: ["test:index:Thing"],
    judge: () => {
      throw new RangeError("the rule's own fault");
    },
  });
  const together = stackRule({
    ...all,
    id: "together",
    level: "advisory",
    judge: (resources, find) => find(`${resources.length} resources are too many`),
  });
  const program = (): void => {
    new Thing("a", { size: "large" });
    new Thing("b", { size: "large" });
    new Thing("c", { size: pulumi.unknown });
  };

  it("is judged: findings by level and severity, unknown values, broken rules under their own name", async () => {
    const { findings, undecided } = await judged([together, each, broken], program);
    assert.deepEqual(
      findings.map(({ rule, level, resource }) => `${level} ${rule} ${resource}`),
      [
        "mandatory each a",
        "mandatory each b",
        "mandatory broken a",
        "mandatory broken b",
        "mandatory broken c",
        "advisory together pgkeep-s",
      ],
    );
    assert.deepEqual(
      [findings[0]?.problem, findings.at(-1)?.problem],
      [".size: is large", "4 resources are too many"],
    );
    assert.match(findings[2]?.problem ?? "", /broken itself is broken .*the rule's own fault/);
    assert.deepEqual(
      undecided.map(({ rule, resource }) => [rule, resource]),
      [["each", "c"]],
    );
  });

  it("is judged by the configured levels and exemptions, as the engine takes them", async () => {
    const exemption = (resource: string, expires = "2026-12-31"): object => ({
      resource,
      reason: "a good reason indeed",
      expires,
    });
    const config = {
      all: "mandatory",
      broken: "disabled",
      each: { exemptions: [exemption("a"), exemption("b", "2026-11-25"), exemption("z")] },
      together: { enforcementLevel: "advisory", exemptions: [exemption("pgkeep-s")] },
    };
    const { findings, exemptions, unused } = await judged([each, broken, together], program, config);
    assert.deepEqual(
      findings.map(({ rule, resource, problem }) => [rule, resource, problem.split(" (")[0]]),
      [["each", "b", "the exemption expired on 2026-11-25"]],
    );
    assert.deepEqual(
      exemptions.map(({ rule, resource, findings: covered }) => [rule, resource, covered]),
      [
        ["each", "a", 1],
        ["together", "pgkeep-s", 1],
      ],
    );
    assert.deepEqual(
      unused.map(({ rule, resource }) => [rule, resource]),
      [["each", "z"]],
    );
  });
});
