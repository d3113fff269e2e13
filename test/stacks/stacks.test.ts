import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import {
  kvmOf,
  longestInterval,
  parseEnvironment,
  type EnvironmentInput,
} from "../../components/declaration/index.js";
import { unmet } from "../../components/recovery/index.js";
import { replicateAsynchronously } from "../../lab/run/declaration.js";
import program from "../../stacks/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { clearTexts, record, type Recorded } from "../libvirt/recorder.js";
import { accounts } from "../vsphere/samples.js";
import { vcenter } from "../vsphere/vcenter.js";

const ROOT = join(__dirname, "..", "..");
const KVM = ["lab-kvm", "kvm-dev", "kvm-prod"] as const;
const VMWARE = ["lab-vmware", "vmware-dev", "vmware-prod"] as const;
const KUBERNETES = ["lab-kubernetes", "kubernetes-dev", "kubernetes-prod"] as const;
const STACKS = [...KVM, ...VMWARE, ...KUBERNETES] as const;
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nPLANTED-DEPLOYER-KEY\n-----END OPENSSH PRIVATE KEY-----\n";

/** A kubeconfig with one context, and a token that must stand nowhere. */
const kubeconfig = (context: string): string =>
  JSON.stringify({
    clusters: [{ name: context, cluster: { server: "https://192.0.2.1:6443" } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    users: [{ name: context, user: { token: "PLANTED-token" } }],
  });

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
    secret = ["pgkeep:secrets", "pgkeep:vcenters", "pgkeep:kubeconfigs"],
  ): Promise<{ resources: Recorded[]; outputs: Record<string, unknown> }> {
    const { config } = stackFile(name);
    const all: Record<string, unknown> = { ...config, "pgkeep:sshKeyFile": "${HOME}/key" };
    const { vmware } = config["pgkeep:environment"] as { vmware?: { sites: { vcenter: string }[] } };
    if (vmware !== undefined)
      all["pgkeep:vcenters"] = Object.fromEntries(
        vmware.sites.map(({ vcenter: server }) => [server, accounts(server)]),
      );
    const { kubernetes } = config["pgkeep:environment"] as {
      kubernetes?: { sites: { site: string; context: string }[] };
    };
    if (kubernetes !== undefined)
      all["pgkeep:kubeconfigs"] = Object.fromEntries(
        kubernetes.sites.map(({ site, context }) => [site, kubeconfig(context)]),
      );
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
      outputs = { ...(await program()) };
    }, vcenter);
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

  for (const name of KVM) {
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
  }

  for (const name of VMWARE)
    it(`${name} declares a complete environment`, async () => {
      const { resources, outputs } = await run(name);
      const count = (type: string): number => resources.filter((resource) => resource.type === type).length;
      assert.equal(count("vsphere:index/virtualMachine:VirtualMachine"), 3);
      assert.equal(count("pgkeep:vsphere:GuestConfiguration"), 3);
      assert.equal(count("pgkeep:vsphere:OperationsHost"), 3);
      assert.equal(count("pgkeep:vsphere:SnapshotSchedule"), 3);
      // The laboratory's networks exist.
      const made = name === "lab-vmware" ? 0 : 9;
      assert.equal(count("vsphere:index/distributedPortGroup:DistributedPortGroup"), made);
      assert.equal(count("pulumi-nodejs:dynamic/nsx:TagAssignment"), 3);
      for (const kind of ["InventoryMappings", "ProtectionGroup", "RecoveryPlan"])
        assert.equal(count(`pulumi-nodejs:dynamic/srm:${kind}`), 1);
      assert.deepEqual(Object.keys(outputs).toSorted(), ["endpoint", "recoveryPlan", "runbook"]);
      const clear = resources.flatMap(({ inputs }) => clearTexts(inputs)).join("\n");
      assert.ok(!clear.includes("PLANTED"), "no secret in clear");
    });

  for (const name of KUBERNETES)
    it(`${name} declares a complete environment at both sites`, async () => {
      const { resources, outputs } = await run(name);
      const count = (type: string): number => resources.filter((resource) => resource.type === type).length;
      for (const kind of ["Namespace", "PostgresStatefulSet", "AccessPolicies", "ImageScan", "RuntimeRules"])
        assert.equal(
          count(kind === "Namespace" ? "kubernetes:core/v1:Namespace" : `pgkeep:kubernetes:${kind}`),
          2,
          kind,
        );
      // In the laboratory its own program brings Velero in.
      if (name !== "lab-kubernetes") {
        assert.equal(count("kubernetes:velero.io/v1:BackupStorageLocation"), 2);
        assert.ok(count("kubernetes:velero.io/v1:Schedule") >= 1);
      }
      assert.deepEqual(Object.keys(outputs).toSorted(), ["endpoint", "recoveryPlan"]);
      const clear = resources.flatMap(({ inputs }) => clearTexts(inputs)).join("\n");
      assert.ok(!clear.includes("PLANTED"), "no secret in clear");
    });

  it("production on Kubernetes asks for what the guide's second environment does", () => {
    const { config } = stackFile("kubernetes-prod");
    const { objectives, backup, cluster, sites } = parseEnvironment(config["pgkeep:environment"]);
    assert.equal(config["pgkeep:protect"], true);
    assert.deepEqual([objectives.rto, objectives.rpo, objectives.availability], [20 * 60, 30 * 60, 99.9]);
    assert.ok(backup.vmSnapshot !== undefined && longestInterval(backup.vmSnapshot.schedule) <= 86_400);
    assert.ok(backup.base !== undefined && backup.wal !== undefined);
    assert.deepEqual(
      sites.map(({ role }) => role),
      ["primary", "standby"],
    );
    assert.equal(new Set(cluster.members.map(({ site }) => site)).size, 2);
  });

  for (const name of STACKS) {
    it(`${name} points editors at the schema`, () => {
      const text = readFileSync(join(ROOT, `Pulumi.${name}.yaml`), "utf8");
      assert.match(text, /^# yaml-language-server: \$schema=docs\/environment\.schema\.json\n/);
      assert.ok(JSON.parse(readFileSync(join(ROOT, "docs/environment.schema.json"), "utf8")));
    });
  }

  it("production asks for what production needs", () => {
    const { config } = stackFile("kvm-prod");
    const environment = parseEnvironment(config["pgkeep:environment"]);
    const { replication, objectives, hardening, backup, failover } = environment;
    const kvm = kvmOf(environment);
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

  it("production on VMware is what the guide asks of two clusters", () => {
    const { config } = stackFile("vmware-prod");
    const environment = parseEnvironment(config["pgkeep:environment"]);
    if (environment.platform !== "vmware") return assert.fail("another platform");
    const { objectives, backup, replication, failover, vmware } = environment;
    assert.equal(config["pgkeep:protect"], true);
    assert.deepEqual([objectives.rpo, objectives.rto, objectives.availability], [3600, 1800, 99.9]);
    assert.equal(backup.vmSnapshot?.schedule, "0 2 * * *");
    assert.deepEqual(backup.vmSnapshot?.retention, { age: 7 * 86400, count: 2 });
    assert.ok(
      longestInterval(backup.base?.full.schedule ?? "", backup.base?.differential?.schedule ?? "") <= 86400,
    );
    assert.equal(backup.wal?.archiveTimeout, 60);
    assert.ok(longestInterval(replication.vm?.schedule ?? "") <= objectives.rpo);
    assert.deepEqual([failover.mode, failover.fencing, failover.watchdog], ["automatic", true, "required"]);
    assert.deepEqual([...new Set(vmware.sites.map(({ vcenter: server }) => server))].length, 2);
    for (const site of vmware.sites) assert.ok(site.storagePolicy, site.site);
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
    stack = "kvm-dev",
  ): Promise<Error> => {
    const made = await run(stack, change, secret).catch((error: unknown) => error);
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

  it("refuses an access rule that has ended, and takes a day as the engine hands it on", async () => {
    const withEnd = (expires: string) => (config: Record<string, unknown>) => {
      const environment = structuredClone(config["pgkeep:environment"]) as EnvironmentInput;
      const [rule] = environment.access?.rules ?? [];
      assert.ok(rule !== undefined);
      rule.expires = expires;
      config["pgkeep:environment"] = environment;
    };
    const error = await refusal(withEnd("2020-12-31 00:00:00 +0000 UTC"));
    assert.match(error.message, /access\.rules\[0\]\.expires.*2020-12-31.*ended before/);
    const { outputs } = await run("kvm-dev", withEnd("2999-12-31 00:00:00 +0000 UTC"));
    assert.ok(outputs["recoveryPlan"] !== undefined);
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

  it("refuses accounts of vCenter that are missing, in clear, unusable or of nobody, and shows none", async () => {
    const account = { user: "a@example.org", password: "PLANTED-long-enough" };
    const pair = { deployer: account, operations: account };
    const cases: [RegExp, unknown, string[]?][] = [
      [/pgkeep:vcenters: \(nothing\) is missing/, undefined],
      [/pgkeep:vcenters: \(hidden\) is stored in clear/, {}, ["pgkeep:secrets"]],
      [/pgkeep:vcenters: \(hidden\) is not a mapping/, "PLANTED: [json"],
      [/pgkeep:vcenters\.vcenter-b\.example\.org: \(hidden\) is missing/, { "vcenter-a.example.org": pair }],
      [
        /pgkeep:vcenters\.other\.example\.org: \(hidden\) is the vCenter Server of no site/,
        { "vcenter-a.example.org": pair, "vcenter-b.example.org": pair, "other.example.org": pair },
      ],
      [
        /vcenter-a\.example\.org\.deployer\.user: \(hidden\) is unusable: a user is written user@domain/,
        { "vcenter-a.example.org": { ...pair, deployer: { ...account, user: "PLANTED\\a" } } },
      ],
      [
        /operations\.password: \(hidden\) is unusable: a password has 8/,
        { "vcenter-a.example.org": { ...pair, operations: { ...account, password: "PLANTED\n" } } },
      ],
    ];
    for (const [expected, value, secret] of cases) {
      const { message } = await refusal(
        (config) => (config["pgkeep:vcenters"] = value),
        secret,
        "vmware-dev",
      );
      assert.match(message, expected);
      assert.ok(!message.includes("PLANTED"));
    }
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
