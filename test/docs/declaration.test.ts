import assert from "node:assert/strict";
import { join } from "node:path";
import { commentsOf } from "../../docs/generate/comments.js";
import { referencePage } from "../../docs/generate/declaration.js";

const ROOT = join(__dirname, "..", "..");

describe("declaration reference", () => {
  const page = referencePage(ROOT);

  it("finds settings behind references, arrays, unions and imports", () => {
    for (const path of [
      "cluster.members[].site",
      "cluster.sizing.class",
      "backup.base.retention.count",
      "failover.redirect.routerId",
      "kvm.hosts[].bridges",
      "objectives.restore.rpo",
    ]) {
      assert.match(page, new RegExp(`^\\| \`${path.replace(/[.[\]]/g, "\\$&")}\` \\|`, "m"));
    }
  });

  it("gives values, ranges, defaults and meanings", () => {
    const line = (path: string): string =>
      page.split("\n").find((text) => text.startsWith(`| \`${path}\``)) ?? "";
    assert.equal(
      line("failover.ttl"),
      "| `failover.ttl` | duration at least 20 s, at most 10 min | `30 s` | Life of the leader's lease. |",
    );
    assert.match(line("failover.redirect.kind"), /`dns`, `vip`, `service` \| required/);
    assert.match(line("cluster.databases[].owner"), /`<name>_owner`/);
    assert.match(line("cluster.members"), /list of 1 to 9/);
  });

  it("reads comments from the sources, defaults in words included", () => {
    const comments = commentsOf(
      join(ROOT, "components", "declaration", "environment.ts"),
      "environmentSchema",
    );
    assert.equal(comments.get("objectives.availability")?.text, "Percentage of a year, such as 99.9.");
    assert.equal(comments.get("replication.strict")?.default, "false");
  });
});
