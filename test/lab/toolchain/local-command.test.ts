import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertEnded, pidFrom } from "./processes.js";
import { isEncrypted, PulumiProgram } from "./program.js";

const SECRET = "correct-horse-battery-staple";

describe("command plugin: local commands under the real engine", function () {
  this.timeout(180_000);
  let program: PulumiProgram;
  beforeEach(() => (program = new PulumiProgram("local")));
  afterEach(() => program.remove());

  const command = (name: string, args: Record<string, unknown>, options = "{}"): string =>
    `const ${name} = new command.local.Command(${JSON.stringify(name)}, ${JSON.stringify(args)}, ${options});\n`;

  it("create: outputs, environment, standard input, interpreter, directory and files", async () => {
    const files = join(program.path, "files");
    mkdirSync(join(files, "sub"), { recursive: true });
    for (const name of ["a.txt", "b.log", "sub/c.txt"]) writeFileSync(join(files, name), name);
    program.source(
      command("plain", { create: "echo out; echo; echo err >&2" }) +
        command("env", { create: 'echo "$GREETING $PATH" | cut -c1-7', environment: { GREETING: "hello" } }) +
        command("stdin", { create: "cat | wc -c", stdin: "x".repeat(300_000) }) +
        command("deaf", { create: "exec 0<&-; echo did not read", stdin: "x".repeat(300_000) }) +
        command("node", { create: "console.log(6 * 7)", interpreter: [process.execPath, "-e"] }) +
        command("dir", {
          create: "pwd",
          dir: files,
          assetPaths: ["**.txt"],
          archivePaths: ["**", "!*.log"],
        }) +
        command("silent", {}) +
        command("large", { create: "head -c 3000000 /dev/zero | tr '\\0' a", logging: "none" }) +
        `const ran = command.local.runOutput({ command: "echo ran", stdin: "" });
         for (const [name, resource] of Object.entries({ plain, env, stdin, deaf, node, dir, silent }))
           exports[name] = [resource.stdout, resource.stderr];
         exports.length = large.stdout.apply((text) => text.length);
         exports.assets = dir.assets.apply((assets) => Object.keys(assets).sort());
         exports.archive = dir.archive.apply((archive) => archive.assets.then((assets) => Object.keys(assets).sort()));
         exports.ran = ran.stdout;`,
    );
    await program.up();
    assert.deepEqual(await program.outputs(), {
      plain: ["out\n", "err"],
      env: ["hello /", ""],
      stdin: ["300000", ""],
      deaf: ["did not read", ""],
      node: ["42", ""],
      dir: [files, ""],
      silent: ["", ""],
      length: 3_000_000,
      assets: ["a.txt", "sub/c.txt"],
      archive: ["a.txt", "sub/c.txt"],
      ran: "ran",
    });
    assert.match(await program.up("--expect-no-changes"), /9 unchanged/);
  });

  it("the life of a command: nothing on preview, update in place, replacement by triggers, deletion", async () => {
    const note = (what: string): string =>
      `echo "${what} $V [$PULUMI_COMMAND_STDOUT]" >> "$JOURNAL"; echo ${what}-$V`;
    const life = (v: string, trigger: number): string =>
      command("both", {
        create: note("create"),
        update: note("update"),
        delete: note("delete"),
        environment: { V: v },
        triggers: [trigger],
      }) +
      command(
        "one",
        { create: note("only"), environment: { V: v }, addPreviousOutputInEnv: false },
        "{ dependsOn: both }",
      );

    program.source(life("1", 1));
    const preview = await program.run("preview");
    assert.equal(preview.code, 0, preview.text);
    assert.deepEqual(program.journal(), []);
    await program.up();
    assert.deepEqual(program.journal(), ["create 1 []", "only 1 []"]);
    const { id } = program.resource("both");

    program.source(life("2", 1));
    assert.match((await program.run("preview", "--diff")).text, /environment/);
    assert.deepEqual(program.journal(), []);
    await program.up();
    assert.deepEqual(program.journal(), ["update 2 [create-1]", "only 2 []"]);
    assert.equal(program.resource("both").id, id);
    assert.equal(program.resource("both").outputs?.["stdout"], "update-2");

    program.source(life("2", 2));
    await program.up();
    assert.deepEqual(program.journal(), ["create 2 []", "delete 2 [update-2]"]);
    assert.notEqual(program.resource("both").id, id);

    const destroyed = await program.run("destroy", "--yes", "--skip-preview");
    assert.equal(destroyed.code, 0, destroyed.text);
    assert.deepEqual(program.journal(), ["delete 2 [create-2]"]);
  });

  it("logging decides what is shown, not what is kept", async () => {
    const each = ["stdout", "stderr", "none"].map((logging) =>
      command(logging, { create: `echo ${logging}-o; echo ${logging}-e >&2`, logging }),
    );
    const silent = command("both", { create: "echo both-o; sleep 0.2; echo both-e >&2" });
    program.source(`${each.join("")}${silent}exports.kept = none.stdout;`);
    const text = await program.up();
    for (const shown of ["stdout-o", "stderr-e", "both-o", "both-e"])
      assert.ok(text.includes(shown), `${shown} in ${text}`);
    for (const hidden of ["stdout-e", "stderr-o", "none-e"])
      assert.ok(!text.includes(hidden), `${hidden} in ${text}`);
    assert.deepEqual(await program.outputs(), { kept: "none-o" });
  });

  it("a failing command: its exit code and what it said, no secret in message, log or state", async () => {
    const failing = (code: number): string => `
      new command.local.Command("failing", {
        create: 'echo "told $TOKEN" >&2; cat; echo reason >&2; exit ${code}',
        stdin: pulumi.secret(JSON.stringify({ user: "app", password: "${SECRET}" })),
        environment: { TOKEN: pulumi.secret("${SECRET}-token") },
      });
      new command.local.Command("hidden", { create: pulumi.secret("echo ${SECRET} >&2; exit ${code}") });
      new command.local.Command("nowhere", { create: "true", dir: "${code === 0 ? "/" : "/no/such/directory"}" });`;
    program.source(failing(3));
    const { code, text } = await program.run("up", "--yes", "--skip-preview", "--continue-on-error");
    assert.notEqual(code, 0);
    assert.match(text, /exit status 3: running .*\n.*told \[secret\]/s);
    assert.match(text, /reason/);
    assert.match(text, /exit status 3: running \[secret\]/);
    assert.match(text, /chdir \/no\/such\/directory: no such directory/);
    assert.equal(text.includes(SECRET), false);

    program.source(failing(0));
    const good = await program.up();
    assert.equal(good.includes(SECRET), false);
    const { inputs, outputs } = program.resource("failing");
    for (const value of [inputs?.["stdin"], outputs?.["stdin"], outputs?.["stdout"], outputs?.["stderr"]])
      assert.ok(isEncrypted(value));
    assert.equal(JSON.stringify(program.state()).includes(SECRET), false);
    assert.equal(program.resource("nowhere").outputs?.["stdout"], "");
  });

  it("wrong inputs are refused on preview, all at once, naming the property", async () => {
    program.source(`
      new pulumi.CustomResource("command:local:Command", "wrong",
        { create: 5, stdIn: pulumi.secret("${SECRET}"), environment: { A: 1 } }, { version: "1.2.1" });`);
    const { code, text } = await program.run("preview");
    assert.notEqual(code, 0);
    for (const expected of [
      "create",
      "must be a string",
      "stdIn",
      "not a property",
      "environment",
      "must be a map of strings",
    ])
      assert.ok(text.includes(expected), `${expected} in ${text}`);
    assert.equal(text.includes(SECRET), false);
  });

  it("cancelled: the command and what it started end, and the next run makes it whole", async () => {
    const file = join(program.path, "pid");
    program.source(
      command("long", { create: `sh -c 'echo $$ > ${file}; exec sleep 600' & wait`, delete: "true" }),
    );
    await program.run("stack", "ls");
    const { child, outcome } = program.start(["up", "--yes", "--skip-preview"]);
    const pid = await pidFrom(file);
    child.kill("SIGINT");
    const { code } = await outcome;
    assert.notEqual(code, 0);
    await assertEnded(pid);
    program.source(command("long", { create: "echo done" }));
    await program.up();
    assert.equal(program.resource("long").outputs?.["stdout"], "done");
  });

  it("a custom timeout ends the command", async () => {
    const file = join(program.path, "pid");
    program.source(
      command(
        "slow",
        { create: `echo $$ > ${file}; exec sleep 600` },
        `{ customTimeouts: { create: "2s" } }`,
      ),
    );
    const { code, text } = await program.run("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(text, /cancelled|timed out|deadline/i);
    await assertEnded(await pidFrom(file));
  });
});
