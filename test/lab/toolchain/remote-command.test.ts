import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { assertEnded, pidFrom } from "./processes.js";
import { isEncrypted, PulumiProgram } from "./program.js";
import { freePort, SshServer } from "./sshd.js";

describe("command plugin: remote commands against a real SSH server", function () {
  this.timeout(180_000);
  let server: SshServer;
  let program: PulumiProgram;
  before(async () => {
    server = new SshServer(await freePort());
    await server.start();
  });
  after(() => server.stop());
  beforeEach(() => (program = new PulumiProgram("remote")));
  afterEach(() => program.remove());

  type Settings = Record<string, unknown>;
  const connection = (more: Settings = {}): Settings => ({
    host: "127.0.0.1",
    port: server.port,
    user: server.user,
    privateKey: server.key("user"),
    dialErrorLimit: 0,
    ...more,
  });
  const command = (name: string, args: Settings, options = "{}"): string =>
    `const ${name} = new command.remote.Command(${JSON.stringify(name)}, ${JSON.stringify({ connection: connection(), ...args })}, ${options});
     exports.${name} = [${name}.stdout, ${name}.stderr];\n`;
  const failure = async (): Promise<string> => {
    const { code, text } = await program.run("up", "--yes", "--skip-preview", "--continue-on-error");
    assert.notEqual(code, 0, text);
    return text;
  };

  it("outputs, input and environment; the connection is a secret in the state", async () => {
    program.source(
      command("plain", { create: "echo out; echo; echo err >&2" }) +
        command("stdin", { create: "wc -c", stdin: "x".repeat(300_000) }) +
        command("deaf", { create: "exec 0<&-; echo did not read", stdin: "x".repeat(300_000) }) +
        command("env", { create: "echo $PGKEEP_WHO", environment: { PGKEEP_WHO: "me" } }) +
        command("silent", {}),
    );
    const text = await program.up();
    assert.deepEqual(await program.outputs(), {
      plain: ["out\n", "err"],
      stdin: ["300000", ""],
      deaf: ["did not read", ""],
      env: ["me", ""],
      silent: ["", ""],
    });
    const { inputs, outputs } = program.resource("plain");
    assert.ok(isEncrypted(inputs?.["connection"]) && isEncrypted(outputs?.["connection"]));
    assert.equal(outputs?.["stdout"], "out\n");
    const body = server.key("user").split("\n")[1] ?? "";
    for (const where of [JSON.stringify(program.state()), text]) assert.equal(where.includes(body), false);
    assert.match(await program.up("--expect-no-changes"), /6 unchanged/);
  });

  it("update in place, replacement by triggers, deletion", async () => {
    const note = (what: string): string =>
      `echo ${what} "$V" "[$PULUMI_COMMAND_STDOUT]" >> ${program.journalFile}; echo ${what}`;
    const life = (stdin: string, trigger: number): string =>
      command("life", {
        create: note("create"),
        update: note("update"),
        delete: note("delete"),
        stdin,
        triggers: [trigger],
      });
    program.source(life("1", 1));
    await program.up();
    assert.deepEqual(program.journal(), ["create  []"]);
    program.source(life("2", 1));
    const text = await program.up();
    // The server does not take the previous output: a warning, as the documentation says, and the command runs.
    assert.match(text, /Unable to set 'PULUMI_COMMAND_STDOUT'.*AcceptEnv/);
    assert.deepEqual(program.journal(), ["update  []"]);
    program.source(life("2", 2));
    await program.up();
    assert.deepEqual(program.journal(), ["create  []", "delete  []"]);
    assert.equal((await program.run("destroy", "--yes", "--skip-preview")).code, 0);
    assert.deepEqual(program.journal(), ["delete  []"]);
  });

  it("a failing command tells how and why, and no secret; a refused variable is an error", async () => {
    const secret = "correct-horse-battery-staple";
    program.source(`
      new command.remote.Command("failing", { connection: ${JSON.stringify(connection())},
        create: "cat >&2; echo reason >&2; exit 4", stdin: pulumi.secret("${secret}") });
      ${command("refused", { create: "true", environment: { OTHER: "x" } })}
      ${command("killed", { create: "kill -9 $$" })}`);
    const text = await failure();
    assert.match(text, /Process exited with status 4: running .*\n.*\[secret\]/s);
    assert.match(text, /reason/);
    assert.match(text, /could not set environment variable "OTHER".*AcceptEnv/);
    assert.match(text, /signal: SIGKILL: running/);
    assert.equal(text.includes(secret), false);
  });

  it("a key with a passphrase, an agent, and a proxy", async () => {
    const socket = join(server.path, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      for (let i = 0; i < 100 && !existsSync(socket); i++) await pause(50);
      const key = join(server.path, "user");
      execFileSync("ssh-add", ["-q", key], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "ignore",
      });
      const locked = { privateKey: server.key("locked"), privateKeyPassword: "key-passphrase" };
      const { privateKey: _, ...withoutKey } = connection();
      program.source(
        command("passphrase", { connection: connection(locked), create: "echo passphrase" }) +
          command("agent", { connection: { ...withoutKey, agentSocketPath: socket }, create: "echo agent" }) +
          command("proxy", {
            connection: connection({ proxy: connection() }),
            create: "echo $SSH_CONNECTION",
          }) +
          command("known", {
            connection: connection({ hostKey: server.key("host.pub") }),
            create: "echo known",
          }),
      );
      await program.up();
      const { proxy, ...others } = await program.outputs();
      assert.deepEqual(others, {
        passphrase: ["passphrase", ""],
        agent: ["agent", ""],
        known: ["known", ""],
      });
      assert.match(String(proxy), /^127\.0\.0\.1 /);
    } finally {
      agent.kill();
    }
  });

  it("what does not fit is refused with its reason: host key, passphrase, key, closed port, silent host", async () => {
    server.makeKey(`other-${Date.now()}`, "ed25519");
    const other =
      readdirSync(server.path).find((name) => name.startsWith("other-") && name.endsWith(".pub")) ?? "";
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    try {
      const { port } = silent.address() as AddressInfo;
      const closed = await freePort();
      const cases: Record<string, Settings> = {
        hostkey: { hostKey: server.key(other) },
        passphrase: { privateKey: server.key("locked"), privateKeyPassword: "wrong" },
        unauthorized: { privateKey: server.key(other.replace(".pub", "")) },
        closed: { port: closed, dialErrorLimit: 2 },
        silent: { port, perDialTimeout: 1 },
        badproxy: { proxy: connection({ port: closed }) },
      };
      program.source(
        Object.entries(cases)
          .map(([name, more]) => command(name, { connection: connection(more), create: "true" }))
          .join(""),
      );
      const started = Date.now();
      const text = await failure();
      assert.match(text, /host denied|verification failed|host key/i);
      assert.match(text, /the private key cannot be used/);
      assert.match(text, /authentication methods failed/);
      assert.match(
        text,
        new RegExp(`Dial 127\\.0\\.0\\.1:${closed}: after 3 failed attempts: .*ECONNREFUSED`),
      );
      assert.match(text, /Timed out|timeout/i);
      assert.match(text, /Dial proxy .*after 1 failed attempt/);
      assert.ok(Date.now() - started < 60_000);
      for (const { urn } of program.state()) assert.doesNotMatch(urn, /command:remote:Command/);
    } finally {
      silent.close();
    }
  });

  it("a host that is not up yet is dialled again", async () => {
    const late = new SshServer(await freePort());
    try {
      const settings = connection({ port: late.port, privateKey: late.key("user"), dialErrorLimit: 30 });
      program.source(command("late", { connection: settings, create: "echo up" }));
      await program.run("stack", "ls");
      const { outcome, shown } = program.start(["up", "--yes", "--skip-preview"]);
      await shown(/Dial \d+\/30 failed: retrying/);
      await late.start();
      assert.equal((await outcome).code, 0);
      assert.deepEqual(await program.outputs(), { late: ["up", ""] });
    } finally {
      await late.stop();
    }
  });

  it("cancelled: the remote command is ended", async () => {
    const file = join(program.path, "pid");
    program.source(command("long", { create: `echo $$ > ${file}; exec sleep 600` }));
    await program.run("stack", "ls");
    const { child, outcome } = program.start(["up", "--yes", "--skip-preview"]);
    const pid = await pidFrom(file);
    child.kill("SIGINT");
    assert.notEqual((await outcome).code, 0);
    await assertEnded(pid);
  });

  it("files, texts and directories are copied where the documentation says", async () => {
    const [from, to] = [join(program.path, "from"), join(program.path, "to")];
    mkdirSync(join(from, "sub"), { recursive: true });
    mkdirSync(join(to, "there"), { recursive: true });
    writeFileSync(join(from, "a"), "file a");
    writeFileSync(join(from, "sub", "b"), "x".repeat(200_000));
    writeFileSync(join(to, "over"), "old and longer");
    const copy = (name: string, source: string, remotePath: string): string =>
      `new command.remote.CopyToRemote("${name}", { connection: ${JSON.stringify(connection())},
         source: new pulumi.asset.${source}, remotePath: ${JSON.stringify(join(to, remotePath))} });\n`;
    const text = (content: string): string => copy("text", `StringAsset("${content}")`, "new/text");
    const rest =
      copy("file", `FileAsset("${from}/a")`, "deep/er/file") +
      copy("intodir", `FileAsset("${from}/a")`, "there") +
      copy("over", `FileAsset("${from}/a")`, "over") +
      copy("dir", `FileArchive("${from}")`, "tree") +
      copy("content", `FileArchive("${from}/")`, "content");
    const read = (path: string): string => readFileSync(join(to, path), "utf8");
    program.source(text("one") + rest);
    await program.up();
    assert.equal(read("new/text"), "one");
    for (const path of ["deep/er/file", "there/a", "over", "tree/from/a", "content/a"])
      assert.equal(read(path), "file a");
    assert.equal(read("tree/from/sub/b").length, 200_000);
    assert.match(await program.up("--expect-no-changes"), /7 unchanged/);
    program.source(text("two") + rest);
    await program.up();
    assert.equal(read("new/text"), "two");
    // Deleting the resource leaves the copy.
    program.source("");
    await program.up();
    assert.equal(read("new/text"), "two");

    program.source(
      copy("onfile", `FileArchive("${from}")`, "over") + copy("ondir", `StringAsset("x")`, "there"),
    );
    const refused = await failure();
    assert.match(refused, /over exists but is not a directory/);
    assert.match(refused, /there is a directory; a text needs the path of a file/);
  });
});
