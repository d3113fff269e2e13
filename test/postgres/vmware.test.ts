import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseEnvironment } from "../../components/declaration/index.js";
import {
  cloudInit,
  guestAccess,
  guestBundle,
  guestInfo,
  guestOf,
  HOST_KEY_INFO,
  renderNftables,
} from "../../components/postgres/index.js";
import { recoveryPlan } from "../../components/recovery/index.js";
import { kvmEnvironment, vmwareEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";

interface UserData {
  readonly users: Record<string, unknown>[];
  readonly ssh_pwauth: boolean;
  readonly write_files: { path: string; permissions: string; content: string }[];
  readonly fs_setup?: unknown;
  readonly mounts: string[][];
  readonly runcmd: string[][];
}

describe("guests on VMware", () => {
  const environment = parseEnvironment(vmwareEnvironment());
  const plan = recoveryPlan(environment);
  const secrets = markedSecrets(environment);
  const { operationsKey } = secrets;
  const seed = cloudInit(plan, "pg-a1", operationsKey.public);
  const user = parse(seed.userData) as UserData;
  const file = (path: string): string => user.write_files.find((each) => each.path === path)?.content ?? "";

  it("can be entered by one key that runs one command, from their operations host alone", () => {
    assert.deepEqual(
      user.users.map(({ name, lock_passwd }) => [name, lock_passwd]),
      [["pgkeep", true]],
    );
    assert.equal(user.ssh_pwauth, false);
    assert.equal(
      file("/etc/pgkeep/ssh/authorized_keys"),
      `restrict,from="10.77.0.11",command="sudo -n /usr/local/sbin/pgkeep-apply" ${operationsKey.public}\n`,
    );
    assert.match(
      file("/etc/sudoers.d/pgkeep"),
      /^pgkeep ALL=\(root\) NOPASSWD: \/usr\/local\/sbin\/pgkeep-apply ""$/m,
    );
    const ssh = file("/etc/ssh/sshd_config.d/00-pgkeep.conf").split("\n");
    for (const line of [
      "AllowUsers pgkeep",
      "AuthenticationMethods publickey",
      "PasswordAuthentication no",
      "PermitRootLogin no",
      "DisableForwarding yes",
      "PermitTTY no",
      "HostKey /etc/ssh/ssh_host_ed25519_key",
    ])
      assert.ok(ssh.includes(line), line);
  });

  it("show their host key when everything else is ready, and again at each start", () => {
    assert.ok(HOST_KEY_INFO.startsWith("guestinfo."));
    const unit = file("/etc/systemd/system/pgkeep-host-key.service");
    assert.ok(
      unit.includes(`info-set ${HOST_KEY_INFO} $$(cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)`),
    );
    assert.match(unit, /^WantedBy=multi-user\.target$/m);
    const commands = user.runcmd.map((words) => words.join(" "));
    const shown = commands.findIndex((command) => command.includes("pgkeep-host-key.service"));
    const restarted = commands.findIndex((command) => command.includes("restart"));
    assert.ok(restarted >= 0 && restarted < shown);
  });

  it("let Tools do nothing in them, and freeze after a checkpoint", () => {
    const tools = file("/etc/vmware-tools/tools.conf");
    for (const section of ["guestoperations", "appinfo", "servicediscovery"])
      assert.match(tools, new RegExp(`^\\[${section}\\]\\ndisabled = true$`, "m"));
    assert.match(tools, /^\[deployPkg\]\nenable-customization = false$/m);
    const freeze = file("/etc/vmware-tools/backupScripts.d/50-pgkeep");
    assert.match(freeze, /--username maint --dbname postgres <<'SQL'\nCHECKPOINT;\nSELECT /);
    assert.match(
      freeze,
      /^timeout 10 vmware-rpctool "info-set guestinfo\.pgkeep\.checkpoint \$said" .*\|\| true$/m,
    );
    assert.ok(!freeze.includes("pg_backup"));
    const witness = parse(cloudInit(plan, "w1", operationsKey.public).userData) as UserData;
    assert.ok(!witness.write_files.some(({ path }) => path.includes("backupScripts.d")));
  });

  it("leave disks to pgkeep-apply, which is told their names, and mount by label", () => {
    assert.equal(user.fs_setup, undefined);
    assert.deepEqual(
      user.mounts.map(([source, target]) => [source, target]),
      [
        ["LABEL=pgdata", "/var/lib/postgresql"],
        ["LABEL=pgwal", "/var/lib/pgwal"],
      ],
    );
  });

  it("get their seed by guestinfo, whole and without a secret", () => {
    const info = guestInfo(seed);
    const decoded = (key: `guestinfo.${string}`): string =>
      Buffer.from(info[key] ?? "", "base64").toString("utf8");
    assert.equal(decoded("guestinfo.userdata"), seed.userData);
    assert.deepEqual(parse(decoded("guestinfo.metadata")), {
      ...(parse(seed.metaData) as object),
      network: parse(seed.networkConfig) as object,
    });
    assert.deepEqual(
      Object.entries(info).filter(([key]) => key.endsWith(".encoding")),
      [
        ["guestinfo.metadata.encoding", "base64"],
        ["guestinfo.userdata.encoding", "base64"],
      ],
    );
    assert.ok(!JSON.stringify([seed, decoded("guestinfo.metadata")]).includes("PLANTED"));
    // VMware Tools pass a variable of 64 KiB at least; cloud-init's own limit is higher.
    for (const [key, value] of Object.entries(info))
      assert.ok(value.length < 65_536, `${key}: ${value.length}`);
  });

  it("follow a renewed key and changed settings by their bundle", () => {
    const renewed = { ...secrets, operationsKey: { ...operationsKey, public: "ssh-ed25519 BBBB new" } };
    const bundle = guestBundle(plan, renewed, "pg-a1");
    const keys = bundle.files.find(({ path }) => path === "/etc/pgkeep/ssh/authorized_keys");
    assert.match(keys?.content ?? "", /ssh-ed25519 BBBB new$/m);
    const ssh = bundle.services.find(({ name }) => name === "ssh.service");
    assert.deepEqual([ssh?.onChange, ssh?.checks], ["reload", [["/usr/sbin/sshd", "-t"]]]);
  });

  it("are entered over management from the operations host of their site, and by nobody else", () => {
    const rules = (guest: string): string[] =>
      renderNftables(plan, guestOf(plan, guest))
        .split("\n")
        .filter((line) => line.includes("tcp dport 22 "))
        .map((line) => line.trim());
    assert.deepEqual(
      rules("w1").filter((line) => line.startsWith("iifname")),
      ['iifname "mgmt0" ip saddr { 10.77.0.13 } tcp dport 22 accept comment "configuration by ops-w"'],
    );
    const kvm = recoveryPlan(parseEnvironment(kvmEnvironment()));
    assert.ok(!/iifname "mgmt0"/.test(renderNftables(kvm, guestOf(kvm, "pg-a1"))));
  });

  it("cannot be seeded without the key that configures them", () =>
    assert.throws(
      () => guestAccess(plan, guestOf(plan, "pg-a1"), undefined),
      /the public operations key is needed/,
    ));
});
