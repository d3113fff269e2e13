import assert from "node:assert/strict";
import { guestDatabase } from "../../../operations/adapters/database.js";
import { copyAt, start } from "../../../operations/jobs/drill-restore/isolation.js";
import type { GuestAgent, GuestRunOptions } from "../../../operations/ports/index.js";

/** Keeps what it was told to run. */
function recording(): { agent: GuestAgent; runs: { argv: readonly string[]; options: GuestRunOptions }[] } {
  const runs: { argv: readonly string[]; options: GuestRunOptions }[] = [];
  const agent: GuestAgent = {
    domain: "w1",
    answers: () => Promise.resolve(true),
    wait: () => Promise.resolve(),
    run: (argv, options = {}) => {
      runs.push({ argv, options });
      return Promise.resolve({ code: 0, stdout: "a\x1fb\0c\x1f\0", stderr: "" });
    },
    write: () => Promise.resolve(),
  };
  return { agent, runs };
}

describe("isolation of a restored copy", () => {
  it("clears every program and library that the primary may have set, and guards the repository", async () => {
    const { agent, runs } = recording();
    await start(agent, copyAt("/var/lib/pgbackrest", 17));
    const argv = runs[0]?.argv ?? [];
    for (const name of ["archive_cleanup_command", "recovery_end_command", "session_preload_libraries"])
      assert.ok(argv.includes(`${name}=`), name);
    // What recovery reads the archive with is pgBackRest's own.
    assert.ok(!argv.includes("restore_command="));
    const script = argv[2] ?? "";
    assert.match(script, /ReadOnlyPaths="\$repository" -p ReadWritePaths="\$directory"/);
    assert.ok(argv.includes("/var/lib/pgbackrest"));
  });
});

describe("SQL by psql", () => {
  it("tells the records of several statements apart", async () => {
    const { agent } = recording();
    assert.deepEqual(await guestDatabase(agent, "postgres").query("select 1; select 2"), [
      ["a", "b"],
      ["c", ""],
    ]);
  });

  it("gives stored statements to the server without psql's own commands", async () => {
    const { agent, runs } = recording();
    const stored = "\\! rm -rf /var/lib/pgbackrest";
    await guestDatabase(agent, "postgres").query(stored, { verbatim: true });
    const [{ argv, options } = { argv: [], options: {} }] = runs;
    assert.equal(options.input, undefined);
    // psql takes a command of its own in -c only when its backslash is the very first sign.
    assert.deepEqual(argv.slice(-2), ["-c", ` ${stored}`]);
  });
});
