import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "..", "..", "..");
const LAB = join(ROOT, "Pulumi.lab-kvm.yaml");
const EXEMPTIONS = ["--policy-pack-config", join(ROOT, "policy", "exemptions", "lab-kvm.json")];

interface Document {
  readonly ok: boolean;
  readonly stack: string;
  readonly project: string;
  readonly policy: { readonly findings: readonly { readonly rule: string }[] };
  readonly access: { readonly changes: readonly { readonly kind: string; readonly what: string }[] };
  readonly resources: readonly { readonly type: string; readonly inputs?: unknown }[];
  readonly problems: readonly { readonly path: string }[];
}

describe("pgkeep preview", function () {
  this.timeout(600_000);
  const directory = mkdtempSync(join(tmpdir(), "pgkeep-preview-"));
  const changed = join(directory, "Pulumi.changed.yaml");
  const out = join(directory, "comment.md");
  const text = readFileSync(LAB, "utf8");
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** With nothing in the environment and an empty HOME. */
  const pgkeep = (...args: string[]): { code: number | null; out: string; err: string } => {
    const argv = ["--import", "tsx", join(ROOT, "operations", "cli.ts"), "preview", ...args];
    const env = { PATH: process.env["PATH"], HOME: directory };
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", env });
    return { code: status, out: stdout, err: stderr };
  };

  it("writes the comment and passes where nothing blocks; what changes is compared from file to file", () => {
    writeFileSync(changed, text.replace("networks: [10.77.1.2/32]", "networks: [10.77.1.2/31]"));
    const { code, out: said, err } = pgkeep(changed, ...EXEMPTIONS, "--base", LAB, "--out", out);
    assert.deepEqual([code, said], [0, ""], err);
    const comment = readFileSync(out, "utf8");
    assert.match(
      comment,
      /^<!-- pgkeep-preview pgkeep\/changed -->\n## pgkeep preview of `changed`: nothing blocks$/m,
    );
    assert.match(
      comment,
      /^- `operators \(10\.77\.1\.3\/32\)` → .*\*\*tcp 5432\*\*, by `access\.operators`/m,
    );
  });

  it("gives one document with --json, without inputs of resources, and exit code 1 where something blocks", () => {
    const { code, out: said, err } = pgkeep(LAB, "--stack", "other", "--json");
    const document = JSON.parse(said) as Document;
    assert.deepEqual(
      [code, document.ok, document.project, document.stack],
      [1, false, "pgkeep", "other"],
      err,
    );
    assert.ok(document.policy.findings.some(({ rule }) => rule === "secure-boot"));
    assert.ok(document.resources.length > 50);
    assert.ok(document.resources.every(({ inputs }) => inputs === undefined));
  });

  it("comments on a declaration that is refused, with all its problems, and ends with exit code 2", () => {
    const bad = join(directory, "Pulumi.bad.yaml");
    writeFileSync(
      bad,
      text.replace("ttl: 60 s", "ttl: 21 s").replace("repository: { site: w }", "repository: { site: x }"),
    );
    rmSync(out, { force: true });
    const { code, out: said, err } = pgkeep(bad, "--json", "--out", out);
    const paths = (JSON.parse(said) as Document).problems.map(({ path }) => path);
    assert.match(err, /failover\.ttl/);
    assert.deepEqual([code, paths.toSorted()], [2, ["backup.repository.site", "failover.ttl"]]);
    assert.match(readFileSync(out, "utf8"), /the declaration is refused\n\n[^]*`backup\.repository\.site`/);
  });

  it("refuses a declaration with a rule that has ended, by the day that it is told", () => {
    const ended = join(directory, "Pulumi.ended.yaml");
    writeFileSync(ended, text.replace("{ from: operators,", "{ from: operators, expires: 2027-06-30,"));
    const on = (moment: string): ReturnType<typeof pgkeep> =>
      pgkeep(ended, ...EXEMPTIONS, "--json", "--now", moment);
    const { code, out: said } = on("2027-07-01T00:00:00Z");
    const paths = (JSON.parse(said) as Document).problems.map(({ path }) => path);
    assert.equal(code, 2);
    assert.match(paths.join(), /^access\.rules\[\d\]\.expires$/);
    assert.equal((JSON.parse(on("2026-12-01T00:00:00Z").out) as Document).problems, undefined);
  });

  it("writes no file with --dry-run, and answers wrong usage with exit code 2", () => {
    const dry = join(directory, "dry.md");
    assert.equal(pgkeep(LAB, ...EXEMPTIONS, "--dry-run", "--out", dry).code, 0);
    assert.ok(!existsSync(dry));
    const broken = join(directory, "broken.json");
    writeFileSync(broken, '{"nonsense":"advisory"}');
    for (const [args, expected] of [
      [[LAB, "--base", LAB, "--base-ref", "main"], /--base and --base-ref are both given/],
      [[LAB, "--base", join(directory, "none.yaml")], /--base: .*none\.yaml does not exist/],
      [[LAB, "--base-ref", "--help"], /--base-ref: "--help" is no commit/],
      [[LAB, "--policy-pack-config", broken], /nonsense is no rule of the pack/],
      [[join(ROOT, "package.json")], /its name is not Pulumi\.<stack>\.yaml/],
    ] as const) {
      const { code, err } = pgkeep(...args);
      assert.equal(code, 2, err);
      assert.match(err, expected);
      assert.doesNotMatch(err, /^ +at /m, "a stack");
    }
  });
});
