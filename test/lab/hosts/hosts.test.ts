import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lab, labState, startLab, stopLab } from "../../../lab/hosts/lab.js";
import { HYPERVISORS, NODES, type NodeName } from "../../../lab/hosts/topology.js";
import { inhabitants, namespacesOf, nothing, temporaryLab, traces } from "./machine.js";

describe("lab: hosts", function () {
  this.timeout(900_000);
  const place = temporaryLab();
  const { dir } = place;
  let lab: Lab;

  before(async () => {
    lab = await startLab({ dir, name: "hosts-test" });
  });
  after(async () => {
    await stopLab({ dir });
    place.remove();
  });

  async function reaches(from: NodeName, address: string): Promise<boolean> {
    const ping = await lab.execIn(from, ["ping", "-n", "-c", "1", "-W", "2", address], { timeoutMs: 20_000 });
    return ping.code === 0;
  }

  it("is one lab however often it is started, and says what it is", async () => {
    const again = await startLab({ dir });
    assert.equal(again.holder("host-a").pid, lab.holder("host-a").pid);
    assert.equal(labState({ dir })?.name, "hosts-test");
    const described = JSON.stringify(await lab.describe());
    assert.ok(!described.includes("PRIVATE KEY"));
    assert.ok(described.includes(lab.privateKey));
    for (const secret of [lab.privateKey, lab.tsigKey]) assert.equal(statSync(secret).mode & 0o777, 0o600);
  });

  const reachable: readonly [NodeName, string, boolean][] = [
    ["ops", "10.77.0.11", true],
    ["ops", "10.77.0.12", true],
    ["ops", "10.77.0.13", true],
    ["ops", "10.77.1.201", true],
    ["ops", "10.77.2.1", false],
    ["host-a", "10.77.0.12", true],
    ["host-b", "10.77.0.13", true],
    ["host-a", "10.77.1.201", false],
    ["host-a", "10.77.1.53", false],
    ["app-a", "10.77.1.202", true],
    ["app-b", "10.77.1.53", true],
    ["app-a", "10.77.0.11", false],
    ["app-a", "10.77.0.53", false],
    ["app-b", "10.77.2.1", false],
    ["wan", "10.77.0.11", false],
  ];
  for (const [from, address, expected] of reachable) {
    it(`${from} ${expected ? "reaches" : "does not reach"} ${address}`, async () => {
      assert.equal(await reaches(from, address), expected);
    });
  }

  it("cuts a site off from all others while it still reaches itself, and heals it", async () => {
    await lab.mustExecIn("host-a", ["ip", "address", "add", "10.77.1.240/24", "dev", "br-client"]);
    await lab.cutSite("a");
    assert.equal(await reaches("app-a", "10.77.1.202"), false);
    assert.equal(await reaches("ops", "10.77.0.11"), false);
    assert.equal(await reaches("host-b", "10.77.0.11"), false);
    assert.equal(await reaches("host-b", "10.77.0.13"), true);
    assert.equal(await reaches("app-a", "10.77.1.240"), true, "the site reaches itself");
    await lab.healSite("a");
    assert.equal(await reaches("app-a", "10.77.1.202"), true);
    assert.equal(await reaches("ops", "10.77.0.11"), true);
    await lab.mustExecIn("host-a", ["ip", "address", "del", "10.77.1.240/24", "dev", "br-client"]);
  });

  it("hypervisors reach each other while the same guest has an interface on both", async () => {
    const hosts = ["host-a", "host-b"] as const;
    // Lower than any address that the kernel gives at random, so that a bridge without one of its own would take it.
    const link = "link add guest address 00:00:5e:00:53:01 type veth peer name inside";
    for (const host of hosts)
      await lab.mustExecIn(host, ["sh", "-euc", `ip ${link}; ip link set guest master br-mgmt up`]);
    assert.equal(await reaches("host-a", "10.77.0.12"), true);
    assert.equal(await reaches("host-b", "10.77.0.11"), true);
    for (const host of hosts) await lab.mustExecIn(host, ["ip", "link", "del", "guest"]);
  });

  it("each hypervisor is its own: host name, libvirt, identity, devices", async () => {
    const ids = new Set<string>();
    for (const host of HYPERVISORS) {
      assert.equal((await lab.mustExecIn(host, ["hostname"])).trim(), host);
      const capabilities = await lab.mustExecIn(host, ["virsh", "capabilities"], { timeoutMs: 120_000 });
      ids.add(/<uuid>(.*?)<\/uuid>/.exec(capabilities)?.[1] ?? "");
      const kvm = await lab.execIn(host, ["test", "-e", "/dev/kvm"]);
      assert.equal(kvm.code === 0, lab.acceleration === "kvm");
      const writable = await lab.execIn(host, ["touch", "/srv/pgkeep/images/x", "/srv/pgkeep/checkout/x"]);
      assert.notEqual(writable.code, 0);
    }
    assert.equal(ids.size, 3);
  });

  it("virsh over SSH from the workstation, with the lab's keys only", async () => {
    const uri = lab.hostUri("host-a");
    const name = await lab.mustExecIn("ops", ["virsh", "-c", uri, "hostname"], { timeoutMs: 60_000 });
    assert.match(name, /^host-a\b/);
    const options = ["BatchMode=yes", "IdentitiesOnly=yes", `UserKnownHostsFile=${lab.knownHosts}`];
    const other = [...options, "IdentityFile=/nonexistent"].flatMap((option) => ["-o", option]);
    const refused = await lab.execIn("ops", ["ssh", "-F", "none", ...other, "root@host-b", "true"]);
    assert.match(refused.stderr, /Permission denied/);
    const fromClient = await lab.execIn("app-a", [
      "ssh",
      "-o",
      "BatchMode=yes",
      "-o",
      "ConnectTimeout=3",
      "root@10.77.0.11",
      "true",
    ]);
    assert.notEqual(fromClient.code, 0);
  });

  it("an account without rights may not use libvirt", async () => {
    const virsh = [
      "setpriv",
      "--reuid",
      "nobody",
      "--regid",
      "nogroup",
      "--clear-groups",
      "virsh",
      "-c",
      "qemu:///system",
    ];
    const asked = await lab.execIn("host-a", [...virsh, "list"], { timeoutMs: 60_000 });
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, /authenticat|permission|denied/i);
  });

  it("signed DNS updates are accepted and seen by clients, others are refused", async () => {
    const update = (record: string): string =>
      `server 10.77.0.53\nzone lab.pgkeep.test\nupdate add ${record}\nsend\n`;
    const key = ["-k", lab.tsigKey];
    const send = (args: string[], record: string): Promise<{ code: number; stderr: string }> =>
      lab.execIn("ops", ["nsupdate", "-t", "5", ...args], { stdin: update(record), timeoutMs: 30_000 });
    assert.equal((await send(key, "pg.lab.pgkeep.test 5 A 10.77.1.102")).code, 0);
    const seen = await lab.mustExecIn("app-a", ["dig", "+short", "+tries=3", "pg.lab.pgkeep.test"]);
    assert.equal(seen.trim(), "10.77.1.102");
    const unsigned = await send([], "evil.lab.pgkeep.test 5 A 10.77.1.66");
    assert.match(unsigned.stderr, /REFUSED/);
    const wrongType = await send(key, "lab.pgkeep.test 5 MX 1 evil.lab.pgkeep.test.");
    assert.match(wrongType.stderr, /REFUSED/);
    const evil = await lab.mustExecIn("app-a", ["dig", "+short", "+tries=3", "evil.lab.pgkeep.test"]);
    assert.equal(evil.trim(), "");
  });

  it("a guest loses its power, and only that guest", async () => {
    for (const name of ["one", "two"]) {
      const xml = `<domain type='${lab.domainType}'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>`;
      const create = "cat >/tmp/guest.xml && virsh create /tmp/guest.xml";
      await lab.mustExecIn("host-b", ["sh", "-c", create], { stdin: xml, timeoutMs: 120_000 });
    }
    assert.equal(await lab.killDomain("host-b", "one"), true);
    assert.equal(await lab.killDomain("host-b", "one"), false);
    assert.equal(await lab.killDomain("host-b", "tw"), false);
    await assert.rejects(lab.killDomain("host-b", "../../libvirtd"), /no such domain name/);
    // The hypervisor learns of it on its own time; asked again at most for a minute.
    const listed = async (): Promise<string> =>
      (await lab.mustExecIn("host-b", ["virsh", "-q", "list", "--name"])).trim();
    for (let i = 0; i < 60 && (await listed()) !== "two"; i += 1) await sleep(1000);
    assert.equal(await listed(), "two");
  });

  it("libvirt restarts under its running guests", async () => {
    await lab.restartLibvirt("host-b");
    assert.equal((await lab.mustExecIn("host-b", ["virsh", "-q", "list", "--name"])).trim(), "two");
  });

  it("what a hypervisor writes stays in it", async () => {
    const places = [
      "/etc",
      "/root",
      "/home",
      "/tmp",
      "/var/tmp",
      "/var/log",
      "/var/lib/pgkeep",
      "/var/lib/libvirt",
      "/usr/local/sbin",
    ];
    for (const path of places)
      await lab.mustExecIn("host-a", ["touch", `${path}/pgkeep-trace-${process.pid}`]);
    for (const path of places) {
      assert.throws(() => statSync(`${path}/pgkeep-trace-${process.pid}`), `${path} of the machine`);
      const other = await lab.execIn("host-b", ["test", "-e", `${path}/pgkeep-trace-${process.pid}`]);
      assert.notEqual(other.code, 0, `${path} of host-b`);
    }
    assert.equal(readFileSync("/etc/hostname", "utf8").trim() === "host-a", false);
  });

  it("a second lab lives beside the first, and its end does not touch it", async () => {
    const beside = temporaryLab();
    try {
      const second = await startLab({ dir: beside.dir });
      assert.equal(
        (await second.mustExecIn("ops", ["ssh", "host-a", "hostname"], { timeoutMs: 60_000 })).trim(),
        "host-a",
      );
      await stopLab({ dir: beside.dir });
      assert.deepEqual(traces(beside.dir), nothing);
      assert.equal(await reaches("ops", "10.77.0.11"), true);
    } finally {
      await stopLab({ dir: beside.dir });
      beside.remove();
    }
  });

  it("leaves nothing, with guests running, and may be ended twice", async () => {
    const namespaces = new Set(NODES.flatMap(({ name }) => namespacesOf(lab.holder(name).pid)));
    assert.ok(inhabitants(namespaces).length > 20);
    await stopLab({ dir });
    assert.deepEqual(inhabitants(namespaces), []);
    assert.deepEqual(traces(dir), nothing);
    await stopLab({ dir });
    assert.equal(labState({ dir }), undefined);
    await assert.rejects(lab.execIn("ops", ["true"]), /not running/);
  });
});
