import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { compareWithBase } from "../../../operations/access/base.js";
import { UsageError } from "../../../operations/errors.js";
import { changed } from "../../declaration/change.js";

const WIDER = 'access.groups[0].networks = ["10.77.1.201/32","10.77.1.202/32","10.77.1.203/32"]';

describe("a change against its base", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-base-"));
  // Below the top of the repository, where a path in a commit is not the path in the folder.
  const below = join(folder, "db");
  const file = join(below, "Pulumi.prod.yaml");
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      encoding: "utf8",
    }).trim();
  const write = (path: string, environment: unknown): void =>
    writeFileSync(path, stringify({ config: { "pgkeep:environment": environment } }));
  before(() => {
    mkdirSync(below);
    git("init", "--quiet", "--initial-branch=main", ".");
    git("commit", "--quiet", "--allow-empty", "-m", "nothing");
    git("tag", "nothing");
    write(file, changed([]));
    git("add", "--all");
    git("commit", "--quiet", "-m", "first");
    git("tag", "first");
    writeFileSync(file, "config: { pgkeep:environment: { name: 7 } }\n");
    git("commit", "--quiet", "--all", "-m", "broken");
    git("tag", "broken");
    write(file, changed([WIDER]));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const now = parseEnvironment(changed([WIDER]));

  it("opens the same whether the base is a file or a commit", () => {
    const before = join(folder, "before.yaml");
    write(before, changed([]));
    const byFile = compareWithBase({ file: before }, file, now);
    const byRef = compareWithBase({ ref: "first" }, file, now);
    assert.deepEqual(byFile.changes, byRef.changes);
    assert.deepEqual([byFile.base, byRef.base], [before, "Pulumi.prod.yaml of first"]);
    const opened = byRef.changes.filter(({ kind }) => kind === "opens");
    assert.deepEqual(
      opened.map(({ from, what }) => [from, what]),
      [[["app (10.77.1.203/32)"], "tcp 5432"]],
    );
    assert.equal(byRef.note, undefined);
  });

  it("opens everything where there was nothing, and says so", () => {
    const { changes, note } = compareWithBase({ ref: "nothing" }, file, now);
    assert.match(note ?? "", /There is no Pulumi\.prod\.yaml in nothing: everything is new/);
    assert.ok(changes.every(({ kind }) => kind === "opens" || kind === "login-opens"));
    assert.ok(changes.some(({ what, rule }) => what === "tcp 5432" && rule === "access.app"));
  });

  it("is not to blame for a base that is no declaration, which is said and not guessed", () => {
    const { changes, note } = compareWithBase({ ref: "broken" }, file, now);
    assert.deepEqual(changes, []);
    assert.match(note ?? "", /no valid declaration.*cannot be said/);
  });

  it("is refused for a base that does not exist", () => {
    for (const base of [{ file: join(folder, "none.yaml") }, { ref: "none" }, { ref: "--version" }])
      assert.throws(() => compareWithBase(base, file, now), UsageError);
  });
});
