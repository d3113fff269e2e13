import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

describe("the command line", function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), "pgkeep-cli-"));
  const plan = join(directory, "plan.json");
  before(() => writeFileSync(plan, JSON.stringify(recoveryPlan(parseEnvironment(kvmEnvironment())))));
  after(() => rmSync(directory, { recursive: true, force: true }));

  const pgkeep = (...args: string[]): { code: number | null; out: string; err: string } => {
    const argv = ["--import", "tsx", "operations/cli.ts", "--plan", plan, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  };

  it("ends wrong usage with exit code 2, and with one JSON document where it was asked for", () => {
    for (const args of [
      ["--json", "status", "--wait", "foo"],
      ["guest", "exec", "pg-a1", "--timeout", "never", "--json", "--", "true"],
      ["--json", "status", "--nonsense"],
      ["--json", "nonsense"],
      ["--json", "secrets", "init", "Pulumi.lab-kvm.yaml", "--stdout", "--now", "garbage"],
    ]) {
      const { code, out, err } = pgkeep(...args);
      assert.equal(code, 2, `${args.join(" ")}: ${err}`);
      const document = JSON.parse(out) as { ok: boolean; error: string; exitCode: number };
      assert.deepEqual([document.ok, document.exitCode], [false, 2], args.join(" "));
      assert.ok(document.error.length > 0 && !document.error.startsWith("error:"), document.error);
      assert.doesNotMatch(err, /^ +at /m, "a stack");
    }
  });

  it("prints no document for people, nor for an option of the program in a guest", () => {
    for (const args of [
      ["status", "--wait", "foo"],
      ["guest", "exec", "pg-a1", "--timeout", "0", "--", "ls", "--json"],
    ]) {
      const { code, out, err } = pgkeep(...args);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.match(err, /^error: /m);
    }
  });

  it("runs nothing and writes nothing with --dry-run", () => {
    const exec = pgkeep("--dry-run", "guest", "exec", "pg-a1", "--", "systemctl", "stop", "patroni");
    assert.deepEqual([exec.code, exec.out], [0, "would run in pg-a1: systemctl stop patroni\n"]);
    const log = join(directory, "drill.jsonl");
    const client = pgkeep("--dry-run", "client", "pg-a1", "--name", "drill", "--log", log);
    assert.deepEqual([client.code, client.out], [0, "would write rows to pg-a1 as drill\n"]);
  });
});
