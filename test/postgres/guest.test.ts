import assert from "node:assert/strict";
import { parse } from "yaml";
import {
  cloudInit,
  fenceConfig,
  guestBundle,
  guestOf,
  nsupdateCommands,
  renderEtcdEnvironment,
  renderFenceKnownHosts,
  renderKeepalived,
  renderPgbackrestConf,
  retentionDays,
  type GuestBundle,
} from "../../components/postgres/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { planOf, withVip } from "./build.js";

const plan = planOf();
const secrets = markedSecrets(plan.environment);
const bundle = (name: string): GuestBundle => guestBundle(plan, secrets, name);

describe("guest bundle", () => {
  it("is the same for the same declaration, and names no file twice", () => {
    for (const { name } of plan.guests) {
      assert.deepEqual(bundle(name), guestBundle(planOf(), markedSecrets(plan.environment), name));
      const paths = bundle(name).files.map(({ path }) => path);
      assert.deepEqual(
        paths.filter((path, i) => paths.indexOf(path) !== i),
        [],
      );
    }
  });

  it("watches only files that it brings", () => {
    for (const { name } of plan.guests) {
      const { files, services, commands } = bundle(name);
      const paths = new Set(files.map(({ path }) => path));
      for (const { watch } of [...services, ...commands])
        for (const path of watch) assert.ok(paths.has(path), path);
    }
  });

  it("starts the firewall first, then etcd, then what needs it", () => {
    assert.deepEqual(
      bundle("pg-a1").services.map(({ name }) => name),
      ["nftables.service", "etcd.service", "pgbackrest.service", "patroni.service", "pgkeep-reconcile.timer"],
    );
    assert.deepEqual(
      bundle("w1").services.map(({ name }) => name),
      ["nftables.service", "etcd.service", "pgbackrest.service"],
    );
  });

  it("changes one file when one setting changes", () => {
    const before = new Map(bundle("pg-a1").files.map(({ path, content }) => [path, content]));
    const later = planOf((input) => (input.cluster.parameters = { work_mem: "8MB" }));
    const changed = guestBundle(later, secrets, "pg-a1").files.filter(
      ({ path, content }) => before.get(path) !== content,
    );
    assert.deepEqual(
      changed.map(({ path }) => path),
      ["/etc/patroni/config.yml"],
    );
    assert.deepEqual(guestBundle(later, secrets, "w1"), bundle("w1"));
  });

  it("refuses a guest that is not in the plan", () => {
    assert.throws(() => bundle("pg-z9"), /"pg-z9" is not a guest .* pg-a1, pg-b1, w1/);
  });
});

describe("cloud-init", () => {
  const seed = (name: string, of = plan): Record<string, unknown> =>
    parse(cloudInit(of, name).userData) as Record<string, unknown>;

  it("never formats a disk that holds something, and survives a missing one", () => {
    for (const { name } of plan.guests) {
      for (const entry of seed(name)["fs_setup"] as Record<string, unknown>[]) {
        // In cloud-init's own code, partition none formats always and a number or nothing formats on another label.
        assert.equal(entry["partition"], "auto");
        assert.equal(entry["overwrite"], false);
        assert.ok(entry["label"]);
      }
      for (const [source, , , options] of seed(name)["mounts"] as string[][]) {
        assert.match(source ?? "", /^LABEL=/);
        assert.match(options ?? "", /nofail/);
      }
    }
  });

  it("makes no account and opens no login", () => {
    const { users, ssh_pwauth, disable_root, runcmd } = seed("pg-a1");
    assert.deepEqual([users, ssh_pwauth, disable_root], [[], false, true]);
    assert.deepEqual((runcmd as string[][])[0], ["passwd", "--lock", "root"]);
  });

  it("gives static addresses on three networks by MAC address and keeps the names after the first boot", () => {
    const { ethernets } = parse(cloudInit(plan, "pg-a1").networkConfig) as {
      ethernets: Record<string, { match: { macaddress: string }; addresses: string[]; dhcp4: boolean }>;
    };
    assert.deepEqual(
      Object.entries(ethernets).map(([name, { addresses, dhcp4 }]) => [name, addresses, dhcp4]),
      [
        ["mgmt0", ["10.77.0.101/24"], false],
        ["client0", ["10.77.1.101/24"], false],
        ["repl0", ["10.77.2.101/24"], false],
      ],
    );
    const links = (seed("pg-a1")["write_files"] as { path: string; content: string }[]).filter(({ path }) =>
      path.endsWith(".link"),
    );
    assert.equal(links.length, 3);
    for (const [name, { match }] of Object.entries(ethernets))
      assert.ok(
        links.some(({ content }) => content.includes(match.macaddress) && content.includes(`Name=${name}`)),
      );
  });

  it("says what it gave, so that a later change that cannot reach the guest is refused", () => {
    const of = planOf((input) => (input.kvm.gateway = "10.77.1.1"));
    for (const { name } of of.guests) {
      const { ethernets } = parse(cloudInit(of, name).networkConfig) as {
        ethernets: Record<string, { addresses: string[]; routes?: { via: string }[] }>;
      };
      assert.deepEqual(guestBundle(of, secrets, name).network, {
        interfaces: Object.entries(ethernets).map(([device, { addresses }]) => ({
          device,
          address: addresses[0],
        })),
        gateway: ethernets["client0"]?.routes?.[0]?.via,
      });
    }
    assert.equal(bundle("pg-a1").network?.gateway, undefined);
  });

  it("takes packages from the image, PGDG or a mirror", () => {
    assert.equal(seed("pg-a1")["packages"], undefined);
    const from = (packages: "pgdg" | "mirror"): Record<string, unknown> =>
      seed(
        "pg-a1",
        planOf((input) => {
          input.kvm.image = {
            path: "/images/debian.qcow2",
            packages,
            ...(packages === "mirror" ? { mirror: "https://mirror.example.org/debian" } : {}),
          };
        }),
      );
    assert.ok((from("mirror")["packages"] as string[]).includes("postgresql-17-pgaudit"));
    assert.ok((from("pgdg")["runcmd"] as string[][]).some((words) => words.includes("postgresql-17")));
    assert.ok((from("pgdg")["packages"] as string[]).includes("python3-etcd"));
  });
});

describe("pgBackRest", () => {
  const lines = (name: string, of = plan): string[] =>
    renderPgbackrestConf(of, secrets, guestOf(of, name)).split("\n");

  it("keeps the repository encrypted, bundled and by time, and the passphrase there", () => {
    const repository = lines("w1");
    for (const line of [
      "repo1-cipher-type=aes-256-cbc",
      `repo1-cipher-pass=${secrets.repositoryPassphrase}`,
      "repo1-bundle=y",
      "repo1-block=y",
      "repo1-retention-full-type=time",
      "repo1-retention-full=14",
      "tls-server-auth=pg-a1=orders",
      "tls-server-auth=pg-b1=orders",
      "pg1-host=pg-a1",
      "pg2-host=pg-b1",
      "pg2-host-type=tls",
    ])
      assert.ok(repository.includes(line), line);
    assert.ok(!lines("pg-a1").some((line) => line.includes("cipher")));
    assert.ok(!repository.some((line) => /retention-archive|queue-max/.test(line)));
  });

  it("lets a member act for nobody but its own cluster, towards the repository only", () => {
    const member = lines("pg-a1");
    assert.deepEqual(
      member.filter((line) => line.startsWith("tls-server-auth")),
      ["tls-server-auth=w1=orders"],
    );
    assert.ok(
      member.includes("repo1-host=w1") &&
        member.includes("repo1-host-type=tls") &&
        member.includes("pg1-user=backup"),
    );
  });

  it("stretches the retention in time until the declared number of fulls fits", () => {
    const full = { schedule: "0 1 * * 0" };
    assert.equal(retentionDays({ full, retention: { age: 14 * 86400, count: 2 }, parallelism: 1 }), 14);
    assert.equal(retentionDays({ full, retention: { age: 7 * 86400, count: 5 }, parallelism: 1 }), 28);
    assert.equal(retentionDays({ full, retention: { age: 3600, count: 1 }, parallelism: 1 }), 1);
  });

  it("refuses a passphrase that the format cannot carry, without showing it", () => {
    for (const bad of ["PLANTED two\nlines and long enough to pass", " PLANTED with white space around it "])
      assert.throws(
        () => renderPgbackrestConf(plan, { ...secrets, repositoryPassphrase: bad }, guestOf(plan, "w1")),
        (error: Error) => error.message.includes("repo1-cipher-pass") && !error.message.includes("PLANTED"),
      );
  });
});

describe("etcd, fencing and redirect", () => {
  it("asks the other guests before etcd starts whether it founds a cluster or joins one", () => {
    for (const { name } of plan.guests) {
      const files = new Map(bundle(name).files.map((file) => [file.path, file]));
      const unit = files.get("/etc/systemd/system/etcd.service.d/pgkeep.conf")?.content ?? "";
      assert.match(unit, /^ExecStartPre=\+\/usr\/local\/sbin\/pgkeep-etcd-state$/m);
      assert.match(unit, /^EnvironmentFile=-\/run\/pgkeep\/etcd\.env$/m);
      const script = files.get("/usr/local/sbin/pgkeep-etcd-state");
      assert.equal(script?.mode, "0755");
      assert.doesNotMatch(script.content, /@\w+@/);
      // What it reads is in the environment of the unit.
      const environment = files.get("/etc/default/etcd")?.content ?? "";
      for (const [, word = ""] of script.content.matchAll(/os\.environ\["(\w+)"\]/g))
        assert.match(environment, new RegExp(`^${word}=`, "m"));
    }
  });

  it("gives each guest a vote and takes nobody without a certificate", () => {
    const lines = renderEtcdEnvironment(plan, guestOf(plan, "w1")).split("\n");
    for (const line of [
      "ETCD_INITIAL_CLUSTER=pg-a1=https://10.77.2.101:2380,pg-b1=https://10.77.2.102:2380,w1=https://10.77.2.103:2380",
      "ETCD_CLIENT_CERT_AUTH=true",
      "ETCD_PEER_CLIENT_CERT_AUTH=true",
      "ETCD_TLS_MIN_VERSION=TLS1.3",
    ])
      assert.ok(lines.includes(line), line);
    assert.ok(!lines.some((line) => line.includes("http://")));
  });

  it("names the other member, its hypervisor and that hypervisor's key", () => {
    const guest = guestOf(plan, "pg-a1");
    const { peers, watchdog, manual } = fenceConfig(plan, guest);
    assert.deepEqual([watchdog, manual], [true, false]);
    assert.deepEqual(peers, [
      {
        member: "pg-b1",
        rest: "https://10.77.2.102:8008",
        domain: "pg-b1",
        hypervisor: { address: "10.77.0.12", port: 22, user: "pgkeep-fence" },
      },
    ]);
    assert.match(renderFenceKnownHosts(plan, guest), /^10\.77\.0\.12 ssh-ed25519 \S+\n$/);
  });

  it("moves the record to the member in one message", () => {
    assert.equal(
      nsupdateCommands(plan, "10.77.1.101"),
      [
        "server 10.77.0.53 53",
        "zone db.example.org.",
        "update delete orders.db.example.org. A",
        "update delete orders.db.example.org. AAAA",
        "update add orders.db.example.org. 5 A 10.77.1.101",
        "send",
        "",
      ].join("\n"),
    );
  });

  it("or carries an address by unicast VRRP without preemption, where Patroni's primary is", () => {
    const vip = planOf(withVip);
    const text = renderKeepalived(vip, guestOf(vip, "pg-a1")) ?? "";
    for (const part of [
      "nopreempt",
      "unicast_src_ip 10.77.1.101",
      "10.77.1.102",
      "10.77.1.100/24 dev client0",
      "state BACKUP",
    ])
      assert.ok(text.includes(part), part);
    assert.equal(renderKeepalived(plan, guestOf(plan, "pg-a1")), undefined);
  });
});
