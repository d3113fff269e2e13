import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { parseEnvironment, type EnvironmentInput } from "../../components/declaration/index.js";
import { unmet } from "../../components/recovery/index.js";
import { replicateAsynchronously } from "../../lab/run/declaration.js";
import program from "../../stacks/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { clearTexts, record, type Recorded } from "../libvirt/recorder.js";

const ROOT = join(__dirname, "..", "..");
const STACKS = ["lab-kvm", "kvm-dev", "kvm-prod"] as const;
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nPLANTED-DEPLOYER-KEY\n-----END OPENSSH PRIVATE KEY-----\n";

interface StackFile {
  readonly config: Record<string, unknown> & { "pgkeep:environment": EnvironmentInput };
}

function stackFile(name: string): StackFile {
  return parse(readFileSync(join(ROOT, `Pulumi.${name}.yaml`), "utf8")) as StackFile;
}

describe("stacks from configuration alone", function () {
  this.timeout(60_000);
  let folder: string;
  let saved: NodeJS.ProcessEnv;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pgkeep-stacks-"));
    writeFileSync(join(folder, "key"), KEY, { mode: 0o600 });
    // The programs that the provider calls; only their presence is looked at here.
    for (const program of ["xsltproc", "mkisofs"]) writeFileSync(join(folder, program), "", { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    saved = { ...process.env };
    process.env["HOME"] = folder;
    process.env["PATH"] = folder;
  });
  afterEach(() => {
    process.env = saved;
  });

  /** Runs the program of every stack as the engine does, with a stack's configuration. */
  async function run(
    name: string,
    change: (config: Record<string, unknown>) => void = () => undefined,
    secret = ["pgkeep:secrets"],
  ): Promise<{ resources: Recorded[]; outputs: Record<string, unknown> }> {
    const { config } = stackFile(name);
    const all: Record<string, unknown> = { ...config, "pgkeep:sshKeyFile": "${HOME}/key" };
    try {
      all["pgkeep:secrets"] = markedSecrets(parseEnvironment(config["pgkeep:environment"]));
    } finally {
      change(all);
    }
    const texts = Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
    process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secret);
    let outputs: Record<string, unknown> = {};
    const resources = await record(async () => {
      pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>, secret);
      outputs = { ...program() };
    });
    return { resources, outputs };
  }

  for (const name of STACKS)
    it(`${name} achieves its objectives, the laboratory also when it replicates asynchronously`, () => {
      const input = stackFile(name).config["pgkeep:environment"];
      assert.deepEqual(unmet(parseEnvironment(input)), []);
      if (name !== "lab-kvm") return;
      replicateAsynchronously(input);
      assert.deepEqual(unmet(parseEnvironment(input)), []);
    });

  for (const name of STACKS) {
    it(`${name} declares a complete environment`, async () => {
      const { resources, outputs } = await run(name);
      assert.equal(resources.filter(({ type }) => type === "libvirt:index/domain:Domain").length, 3);
      assert.equal(resources.filter(({ type }) => type === "pgkeep:libvirt:GuestConfiguration").length, 3);
      assert.deepEqual(Object.keys(outputs).toSorted(), ["endpoint", "recoveryPlan"]);
      const clear = resources.flatMap(({ inputs }) => clearTexts(inputs)).join("\n");
      assert.ok(!clear.includes("PLANTED"), "no secret in clear");
      const hosts = readFileSync(join(folder, ".pgkeep", `known_hosts-${name}`), "utf8");
      assert.equal(hosts.trim().split("\n").length, 3);
    });

    it(`${name} points editors at the schema`, () => {
      const text = readFileSync(join(ROOT, `Pulumi.${name}.yaml`), "utf8");
      assert.match(text, /^# yaml-language-server: \$schema=docs\/environment\.schema\.json\n/);
      assert.ok(JSON.parse(readFileSync(join(ROOT, "docs/environment.schema.json"), "utf8")));
    });
  }

  it("production asks for what production needs", () => {
    const { config } = stackFile("kvm-prod");
    const { replication, objectives, hardening, kvm, backup, failover } = parseEnvironment(
      config["pgkeep:environment"],
    );
    assert.equal(config["pgkeep:protect"], true);
    assert.deepEqual(
      [objectives.rpo, replication.mode, kvm.domainType, kvm.boot.kind, hardening.secureBoot, hardening.tpm],
      [0, "sync", "kvm", "uefi", true, true],
    );
    assert.deepEqual(
      [backup.repository.encryption, failover.mode, failover.fencing, failover.watchdog],
      ["aes-256-cbc", "automatic", true, "required"],
    );
  });

  it("addresses of the committed stacks are private or for documentation", () => {
    for (const name of STACKS) {
      const text = readFileSync(join(ROOT, `Pulumi.${name}.yaml`), "utf8");
      for (const [address] of text.matchAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g))
        assert.match(address, /^(10\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)/, `${name}: ${address}`);
    }
  });

  const refusal = async (
    change: (config: Record<string, unknown>) => void,
    secret?: string[],
  ): Promise<Error> => {
    const made = await run("kvm-dev", change, secret).catch((error: unknown) => error);
    if (made instanceof Error) return made;
    return assert.fail("the program was not refused");
  };

  it("refuses a bad declaration with all its problems, without a stack trace", async () => {
    const error = await refusal((config) => {
      const environment = structuredClone(config["pgkeep:environment"]) as EnvironmentInput;
      environment.backup.repository.site = "nowhere";
      environment.failover.ttl = "21 s";
      config["pgkeep:environment"] = environment;
    });
    assert.ok(pulumi.RunError.isInstance(error), "the engine prints the message alone");
    for (const path of ["backup.repository.site", "failover.ttl"])
      assert.ok(error.message.includes(path), path);
  });

  it("refuses missing configuration, key and secrets by name", async () => {
    const cases: [RegExp, (config: Record<string, unknown>) => void, string[]?][] = [
      [/pgkeep:environment: \(nothing\) is missing/, (config) => (config["pgkeep:environment"] = undefined)],
      [/pgkeep:environment: .* is not a mapping/, (config) => (config["pgkeep:environment"] = "not: [json")],
      [/pgkeep:secrets: \(nothing\) is missing/, (config) => (config["pgkeep:secrets"] = undefined)],
      [/pgkeep:secrets: \(hidden\) is stored in clear/, () => undefined, []],
      [/pgkeep:sshKeyFile: \(nothing\) is missing/, (config) => (config["pgkeep:sshKeyFile"] = undefined)],
      [
        /pgkeep:sshKeyFile: "\/none" cannot be read \(ENOENT\)/,
        (config) => (config["pgkeep:sshKeyFile"] = "/none"),
      ],
      [
        /pgkeep:sshKeyFile: .* is not a private key/,
        (config) => (config["pgkeep:sshKeyFile"] = "/etc/hostname"),
      ],
      [/pgkeep:protect: "maybe" is neither true nor false/, (config) => (config["pgkeep:protect"] = "maybe")],
    ];
    for (const [expected, change, secret] of cases)
      assert.match((await refusal(change, secret)).message, expected);
  });

  it("says which programs are missing where Pulumi runs, with their packages", async () => {
    process.env["PATH"] = "/nowhere";
    assert.match(
      (await refusal(() => undefined)).message,
      /xsltproc \(package xsltproc\) and mkisofs \(package genisoimage/,
    );
  });

  it("names several of them at once and shows no secret", async () => {
    const { message } = await refusal((config) => {
      config["pgkeep:sshKeyFile"] = undefined;
      config["pgkeep:protect"] = "maybe";
      const secrets = structuredClone(config["pgkeep:secrets"]) as { passwords: Record<string, string> };
      secrets.passwords = { replicator: "PLANTED-too-short" };
      config["pgkeep:secrets"] = secrets;
    });
    for (const part of ["pgkeep:sshKeyFile", "pgkeep:protect", "secrets.passwords"])
      assert.ok(message.includes(part), part);
    assert.ok(!message.includes("PLANTED"));
  });
});
