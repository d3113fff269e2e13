import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { readEnvironment } from "../../../operations/declaration-file.js";

const ROOT = join(__dirname, "..", "..", "..");

interface Explained {
  readonly ok: boolean;
  readonly paths: readonly { readonly network: string; readonly verdict: string }[];
}

interface Changed {
  readonly opens: readonly { readonly from: string[]; readonly to: string[]; readonly what: string }[];
  readonly closes: readonly unknown[];
  readonly loginsOpened: readonly { readonly what: string; readonly from: string[] }[];
  readonly loginsClosed: readonly unknown[];
}

describe("pgkeep access", function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), "pgkeep-access-"));
  const lab = join(ROOT, "Pulumi.lab-kvm.yaml");
  const plan = join(directory, "plan.json");
  const changed = join(directory, "Pulumi.changed.yaml");
  before(() => {
    writeFileSync(plan, JSON.stringify(recoveryPlan(readEnvironment(lab))));
    const text = readFileSync(lab, "utf8");
    const wider = text
      .replace(
        "{ name: operators, networks: [10.77.1.2/32] }",
        "{ name: operators, networks: [10.77.1.2/31] }",
      )
      .replace("roles: [shop_ro, metrics]", "roles: [shop_app, metrics]");
    assert.notEqual(wider, text);
    writeFileSync(changed, wider);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const pgkeep = (...args: string[]): { code: number | null; out: string; err: string } => {
    const argv = ["--import", "tsx", join(ROOT, "operations", "cli.ts"), "--plan", plan, "access", ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  };

  it("tells people in words, for a declaration that is no plan yet", () => {
    const asked = ["--from", "10.77.1.3", "--to", "pg-b1", "--port", "5432"];
    const after = pgkeep("explain", ...asked, "--environment", changed);
    assert.equal(after.code, 0);
    assert.match(after.out, /: ALLOW\ndeclared: allow, rule access\.operators: the operator's workstation$/m);
    assert.match(after.out, /^nftables +pg-b1 +allow +access group operators$/m);
    assert.match(after.out, /^pg_hba +metrics on postgres +allow +hostssl /m);
  });

  it("tells who answers for a rule and until when, warns of one that has ended, and of other terms in a change", () => {
    const owned = join(directory, "Pulumi.owned.yaml");
    const text = readFileSync(lab, "utf8");
    const rule = "{ from: operators,";
    assert.ok(text.includes(rule));
    writeFileSync(owned, text.replace(rule, `${rule} owner: team base, expires: 2027-06-30,`));
    const asked = ["explain", "--from", "operators", "--to", "pg-a1", "--environment", owned];
    const now = pgkeep(...asked, "--now", "2027-06-30T23:59:59Z");
    assert.match(
      now.out,
      /^declared: allow, rule access\.operators: the operator's workstation \(owner team base, until 2027-06-30\)$/m,
    );
    assert.doesNotMatch(now.err, /ended/);
    const later = pgkeep(...asked, "--now", "2027-07-01T00:00:00Z");
    assert.match(later.err, /access\.rules\[\d\]\.expires: "2027-06-30" ended before 2027-07-01/);
    const { out } = pgkeep("diff", lab, owned);
    assert.match(out, /^nothing is opened and nothing is closed$/m);
    assert.match(
      out,
      /^keeps +access\.operators: .*\n +before: nobody named, no end; now: owner team base, until 2027-06-30$/m,
    );
  });

  it("tells for each network what is denied there", () => {
    const { code, out } = pgkeep("explain", "--from", "w1", "--to", "pg-a1", "--port", "8008", "--json");
    const { ok, paths } = JSON.parse(out) as Explained;
    assert.deepEqual([code, ok], [0, true]);
    assert.deepEqual(
      paths.map(({ network, verdict }) => `${network} ${verdict}`),
      ["management deny", "client deny", "replication deny"],
    );
  });

  it("answers wrong names with the possible ones, and wrong usage with exit code 2", () => {
    const unknown = pgkeep("explain", "--from", "app1", "--to", "pg-a1");
    assert.equal(unknown.code, 2);
    assert.match(
      unknown.err,
      /--from: "app1" is not known in lab-kvm\n.*one of pg-a1, pg-b1, w1, app, drills/,
    );
    const port = pgkeep("explain", "--from", "app", "--to", "pg-a1", "--port", "0", "--json");
    assert.deepEqual([port.code, (JSON.parse(port.out) as { ok: boolean }).ok], [2, false]);
    const missing = pgkeep("diff", join(directory, "missing.yaml"));
    assert.equal(missing.code, 2);
    assert.doesNotMatch(missing.err, /^ +at /m, "a stack");
  });

  it("says what a change opens and closes, from the plan or from file to file", () => {
    const { code, out } = pgkeep("diff", changed, "--json");
    const { opens, closes, loginsOpened, loginsClosed } = JSON.parse(out) as Changed;
    assert.deepEqual([code, closes.length], [0, 0]);
    assert.deepEqual(opens, [
      {
        kind: "opens",
        from: ["operators (10.77.1.3/32)"],
        to: ["client.pg-a1 (10.77.1.101/32)", "client.pg-b1 (10.77.1.102/32)"],
        what: "tcp 5432",
        rule: "access.operators",
        description: "the operator's workstation",
      },
    ]);
    assert.deepEqual(
      loginsOpened.map(({ from, what }) => `${from.join()}: ${what}`),
      [
        "operators (10.77.1.2/32): shop_app on shop",
        "operators (10.77.1.3/32): shop_app on shop, metrics on postgres",
      ],
    );
    assert.equal(loginsClosed.length, 1);
    const back = pgkeep("diff", changed, lab);
    assert.match(back.out, /^closes +operators \(10\.77\.1\.3\/32\) -> .*: tcp 5432$/m);
    assert.match(back.out, /^ +by access\.operators: the operator's workstation$/m);
  });
});
