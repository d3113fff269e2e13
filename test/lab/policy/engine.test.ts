import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changed } from "../../declaration/change.js";
import { PulumiProgram, type Outcome } from "../toolchain/program.js";
import { made } from "./made.js";

const pack = join(__dirname, "..", "..", "..", "policy");

/** The pack as people use it: compiled, by the real engine, on programs whose resources cost nothing. */
describe("policy pack in the real engine", function () {
  this.timeout(300_000);
  const program = new PulumiProgram("policy");
  const config = join(program.path, "policy-config.json");

  before(() =>
    assert.ok(existsSync(join(pack, "..", "dist", "policy", "main.js")), "run `make build` first"),
  );
  after(() => program.remove());

  /** A cluster component with the declaration as arguments and one file that a command would make. */
  const cluster = (changes: readonly string[], command = "echo made >> $JOURNAL", more = ""): string => `
    class PostgresCluster extends pulumi.ComponentResource {
      constructor(name, args) {
        super("pgkeep:libvirt:PostgresCluster", name, args);
        new command.local.Command(name, { create: ${JSON.stringify(command)} }, { parent: this });
        this.registerOutputs({});
      }
    }
    new PostgresCluster("orders", { environment: ${JSON.stringify(changed(changes))} });
    ${more}`;

  const policed = (...args: string[]): Promise<Outcome> => program.run(...args, "--policy-pack", pack);
  const withConfig = (rules: Record<string, unknown>): string[] => {
    mkdirSync(program.path, { recursive: true });
    writeFileSync(config, JSON.stringify(rules));
    return ["--policy-pack-config", config];
  };

  /** Preview and update both fail, say why, and make nothing. */
  const blocked = async (source: string, says: RegExp, ...args: string[]): Promise<string> => {
    program.source(source);
    let all = "";
    // An update without its preview is the harder case: nothing has warned the engine.
    for (const verb of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const { code, text } = await policed(...verb, ...args);
      assert.notEqual(code, 0, `${verb.join(" ")} ended with 0:\n${text}`);
      assert.match(text, says);
      all += text;
    }
    assert.deepEqual(program.journal(), [], "a command has run");
    assert.deepEqual(
      (await made(program)).filter((type) => type.startsWith("command:")),
      [],
      "a resource was made",
    );
    return all;
  };

  it("blocks objectives that the declaration cannot achieve, with the arithmetic", async () => {
    const text = await blocked(cluster(['objectives.rto = "1 min"']), /\[mandatory\] +objectives-achieved/);
    assert.match(
      text,
      /RTO after a failure of the VM is 69 s at worst, objectives\.rto asks for 1 min: ttl 30 s \+ loop_wait 10 s/,
    );
  });

  it("blocks a secret on a command line and in clear, and never shows it", async () => {
    const secret = "planted-secret-planted-secret";
    const text = await blocked(cluster([], `PGPASSWORD=${secret} psql`), /no-secret-on-command-line/);
    assert.match(text, /secrets-are-secret/);
    assert.ok(!text.includes(secret), "the secret is shown");
  });

  it("blocks a hypervisor that is reached without a check of its identity", async () => {
    const provider = `new pulumi.ProviderResource("libvirt", "host", { uri: "qemu+tcp://192.0.2.1/system" });`;
    await blocked(
      `${provider}\nnew command.local.Command("c", { create: "echo made >> $JOURNAL" }, { dependsOn: [] });`,
      /hypervisor-transport/,
    );
  });

  it("lets a compliant cluster pass, with Pulumi secrets recognised as such", async () => {
    const more = `new command.local.Command("apply", {
      create: "cat > /dev/null; echo applied >> $JOURNAL", stdin: pulumi.secret("password: planted-secret-planted-secret"),
    }, { additionalSecretOutputs: ["stdin", "stdout", "stderr"] });`;
    program.source(cluster([], undefined, more));
    const up = await policed("up", "--yes");
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(program.journal().toSorted(), ["applied", "made"]);
    assert.ok(!up.text.includes("planted-secret"));
    assert.doesNotMatch(up.text, /\[mandatory\]/);
  });

  it("blocks a change of what runs already, and leaves it as it is", async () => {
    const before = program.state();
    program.source(cluster(['backup.repository.encryption = "none"']));
    const { code, text } = await policed("up", "--yes");
    assert.notEqual(code, 0);
    assert.match(text, /the repository is not encrypted/);
    assert.deepEqual(program.state(), before);
    assert.deepEqual(program.journal(), []);
  });

  it("prints an exemption with its reason in every run and lets it pass", async () => {
    const exemptions = [{ resource: "orders", reason: "this is a test environment", expires: "2999-12-31" }];
    program.source(cluster(['backup.repository.encryption = "none"']));
    for (const verb of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const { code, text } = await policed(
        ...verb,
        ...withConfig({ "backup-encrypted-elsewhere": { exemptions } }),
      );
      assert.equal(code, 0, text);
      assert.match(text, /exempt until 2999-12-31, because: this is a test environment/);
    }
  });

  it("blocks by an exemption that has expired", async () => {
    const exemptions = [{ resource: "*", reason: "this is a test environment", expires: "2020-01-01" }];
    program.source(cluster(['backup.repository.encryption = "none"']));
    const { code, text } = await policed(
      "preview",
      ...withConfig({ "backup-encrypted-elsewhere": { exemptions } }),
    );
    assert.notEqual(code, 0);
    assert.match(text, /the exemption expired on 2020-01-01/);
  });

  it("refuses an exemption without a reason before anything runs", async () => {
    const exemptions = [{ resource: "*", expires: "2999-12-31" }];
    const { code, text } = await policed(
      "preview",
      ...withConfig({ "backup-encrypted-elsewhere": { exemptions } }),
    );
    assert.notEqual(code, 0);
    assert.match(text, /reason/);
  });

  it("reports what a preview does not know, and judges it at the update", async () => {
    const late = `const first = new command.local.Command("first", { create: "printf 'ssl%s' 'mode=disable'" });
      new command.local.Command("second", { create: pulumi.interpolate\`echo \${first.stdout} >> $JOURNAL\` });`;
    program.source(late);
    // The preview passes with a note, so the update begins and fails at the second command.
    const up = await policed("up", "--yes");
    assert.notEqual(up.code, 0, up.text);
    assert.match(up.text, /not known during the preview: \.create\./);
    assert.match(up.text, /sslmode disable does not check the server/);
    assert.deepEqual(program.journal(), []);
  });
});
