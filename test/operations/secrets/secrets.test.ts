import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  kvmOf,
  parseEnvironment,
  parseSecrets,
  type Secrets,
} from "../../../components/declaration/index.js";
import { hostBundle } from "../../../components/libvirt/host-bundle.js";
import { guestBundle } from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { OperationError } from "../../../operations/errors.js";
import { signed } from "../../../operations/secrets/authority.js";
import { certificatesIn } from "../../../operations/secrets/pem.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { createSshKey } from "../../../operations/secrets/ssh-key.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

const environment = parseEnvironment(kvmEnvironment());
const NOW = new Date("2026-11-22T12:00:00Z");

describe("secrets of an environment", function () {
  this.timeout(240_000);
  let secrets: Secrets;
  let folder: string;

  before(async () => {
    secrets = await createSecrets(environment, undefined, NOW);
    folder = mkdtempSync(join(tmpdir(), "pgkeep-secrets-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const certificateOf = (guest: string): X509Certificate =>
    new X509Certificate(secrets.certificates[guest]?.certificate ?? "");

  /** Whether a guest of one set accepts all guests of another one. */
  const trusts = (one: Secrets, other: Secrets): boolean =>
    Object.values(other.certificates).every(({ certificate }) =>
      certificatesIn(one.authority).some((authority) => signed(authority, certificate)),
    );

  it("fit the environment", () => {
    assert.deepEqual(parseSecrets(secrets, environment), secrets);
    assert.deepEqual(Object.keys(secrets.certificates), ["pg-a1", "pg-b1", "w1"]);
    assert.deepEqual(Object.keys(secrets.passwords), [
      "replicator",
      "rewind",
      "shop_app",
      "shop_ro",
      "metrics",
    ]);
  });

  it("hold a certificate a guest, for its names and addresses, signed by the authority", () => {
    const authority = new X509Certificate(secrets.authority);
    assert.ok(authority.ca);
    const certificate = certificateOf("pg-a1");
    assert.ok(certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
    assert.ok(!certificate.ca);
    assert.match(certificate.subject, /^CN=pg-a1$/);
    for (const host of ["pg-a1", "orders.db.example.org", "localhost"])
      assert.equal(certificate.checkHost(host), host);
    for (const ip of ["10.77.0.101", "10.77.1.101", "10.77.2.101", "127.0.0.1"])
      assert.equal(certificate.checkIP(ip), ip);
    assert.equal(certificate.checkIP("10.77.1.102"), undefined, "another guest's address");
    assert.ok(certificate.checkPrivateKey(createPrivateKey(secrets.certificates["pg-a1"]?.key ?? "")));
    assert.ok(
      !certificateOf("pg-b1").checkPrivateKey(createPrivateKey(secrets.certificates["pg-a1"]?.key ?? "")),
    );
  });

  it("hold certificates for a limited time that has begun", () => {
    const { validFrom, validTo } = certificateOf("w1");
    assert.ok(new Date(validFrom) < NOW);
    assert.equal(Math.round((Date.parse(validTo) - NOW.getTime()) / 86_400_000), 825);
  });

  it("hold the authority's key once, and no guest gets it", () => {
    const authority = new X509Certificate(secrets.authority);
    const text = JSON.stringify({ ...secrets, authorityKey: undefined });
    const keys = text.match(/-----BEGIN PRIVATE KEY-----[^"]*?-----END PRIVATE KEY-----/g) ?? [];
    assert.equal(keys.length, 3);
    for (const key of keys)
      assert.ok(!authority.checkPrivateKey(createPrivateKey(key.replaceAll("\\n", "\n"))));
    assert.ok(authority.checkPrivateKey(createPrivateKey(secrets.authorityKey ?? "")));
    const plan = recoveryPlan(environment);
    const given = [
      ...plan.guests.map(({ name }) => guestBundle(plan, secrets, name)),
      ...kvmOf(environment).hosts.map(({ name }) => hostBundle(plan, name, secrets)),
    ];
    const line = secrets.authorityKey?.split("\n")[1] ?? "";
    assert.ok(line.length > 40 && !JSON.stringify(given).includes(line));
  });

  it("are different for every role, guest and run", async () => {
    const again = await createSecrets(environment, undefined, NOW);
    const values = [secrets, again].flatMap((set) => [
      ...Object.values(set.passwords),
      ...Object.values(set.certificates).map(({ key }) => key),
      set.patroniPassword,
      set.repositoryPassphrase,
      set.tsig ?? "",
      set.operationsKey.private,
      set.fencingKey?.private ?? "",
    ]);
    assert.equal(new Set(values).size, values.length);
  });

  it("keep authority, passwords and keys when renewed; certificates become new", async () => {
    const input = kvmEnvironment();
    input.cluster.roles?.push({ name: "late", kind: "monitor" });
    input.access?.rules?.[1]?.roles.push("late");
    const renewed = await createSecrets(parseEnvironment(input), secrets, NOW);
    assert.deepEqual({ ...renewed.passwords, late: undefined }, { ...secrets.passwords, late: undefined });
    assert.equal((renewed.passwords["late"] ?? "").length, 32);
    assert.deepEqual(renewed.operationsKey, secrets.operationsKey);
    assert.equal(renewed.repositoryPassphrase, secrets.repositoryPassphrase);
    assert.deepEqual([renewed.authority, renewed.authorityKey], [secrets.authority, secrets.authorityKey]);
    assert.ok(trusts(secrets, renewed) && trusts(renewed, secrets), "guests with old and new ones get on");
    assert.notEqual(renewed.certificates["w1"]?.key, secrets.certificates["w1"]?.key);
  });

  it("renew the authority in steps, so that every set gets on with the one before", async () => {
    const years = (count: number): Date => new Date(NOW.getTime() + count * 365 * 86_400_000);
    await assert.rejects(
      createSecrets(environment, secrets, years(8)),
      /the authority ends on 2036-11-19, before the certificates/,
    );
    const both = await createSecrets(environment, secrets, years(8), true);
    const moved = await createSecrets(environment, both, years(8));
    const alone = await createSecrets(environment, moved, years(8));
    assert.deepEqual(both.certificates, secrets.certificates);
    for (const [before, after] of [
      [secrets, both],
      [both, moved],
      [moved, alone],
    ] as const)
      assert.ok(trusts(before, after) && trusts(after, before));
    assert.ok(!trusts(secrets, moved), "the steps are not superfluous");
    assert.ok(!trusts(alone, secrets), "the old authority is not trusted for ever");
  });

  it("of an earlier version get a key for their authority in the same steps", async () => {
    const { authorityKey, ...earlier } = secrets;
    assert.ok(authorityKey);
    await assert.rejects(createSecrets(environment, earlier, NOW), (error) => {
      assert.ok(error instanceof OperationError);
      assert.match(error.message, /has no authorityKey/);
      assert.match(error.remedy ?? "", /--new-authority/);
      return true;
    });
    const both = await createSecrets(environment, earlier, NOW, true);
    assert.ok(trusts(secrets, both) && trusts(both, secrets));
    assert.ok(trusts(both, await createSecrets(environment, both, NOW)));
  });

  it("leave out what the environment does not use", async () => {
    const input = kvmEnvironment();
    input.failover = { ...input.failover, fencing: false, redirect: { kind: "vip", address: "10.77.1.100" } };
    const made = await createSecrets(parseEnvironment(input), undefined, NOW);
    assert.deepEqual([made.tsig, made.fencingKey], [undefined, undefined]);
    assert.equal(
      new X509Certificate(made.certificates["pg-b1"]?.certificate ?? "").checkIP("10.77.1.100"),
      "10.77.1.100",
    );
  });

  it("hold SSH keys that OpenSSH reads", function () {
    if (spawnSync("ssh-keygen", ["-?"]).error !== undefined) this.skip();
    for (let i = 0; i < 5; i += 1) {
      const pair = createSshKey("a comment");
      const path = join(folder, `key${i}`);
      writeFileSync(path, pair.private, { mode: 0o600 });
      const { stdout, status } = spawnSync("ssh-keygen", ["-y", "-f", path], { encoding: "utf8" });
      assert.equal(status, 0);
      assert.deepEqual(stdout.trim().split(" ").slice(0, 2), pair.public.split(" ").slice(0, 2));
    }
  });

  describe("pgkeep secrets init", () => {
    const cli = (...args: readonly string[]) =>
      spawnSync(
        process.execPath,
        ["--import", "tsx", join(__dirname, "../../../operations/cli.ts"), "secrets", "init", ...args],
        {
          encoding: "utf8",
          cwd: join(__dirname, "../../.."),
        },
      );
    const stack = "Pulumi.kvm-dev.yaml";

    it("writes a new file for its owner only and prints no secret", () => {
      const file = join(folder, "secrets.json");
      const { status, stdout, stderr } = cli(stack, "--out", file);
      assert.equal(status, 0, stderr);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const made = JSON.parse(readFileSync(file, "utf8")) as Secrets;
      for (const value of [...Object.values(made.passwords), made.repositoryPassphrase])
        assert.ok(!stdout.includes(value) && !stderr.includes(value));
      const second = cli(stack, "--out", file);
      assert.equal(second.status, 3, "an existing file is not overwritten");
      assert.match(second.stderr, /exists and is not overwritten/);
    });

    it("wants exactly one destination and a usable file", () => {
      const two = cli(stack, "--stdout", "--out", join(folder, "x"));
      assert.equal(two.status, 2);
      assert.match(two.stderr, /exactly one destination/);
      assert.match(cli("/none.yaml", "--stdout").stderr, /\/none\.yaml cannot be read/);
      const bad = join(folder, "bad.yaml");
      writeFileSync(bad, "config:\n  pgkeep:environment:\n    name: BAD NAME\n");
      const refused = cli(bad, "--stdout");
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /name: "BAD NAME" is not a usable name/);
    });
  });
});
