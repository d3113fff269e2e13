import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { hostBundle } from "../../../components/libvirt/host-bundle.js";
import { FENCE, recoveryPlan } from "../../../components/recovery/index.js";
import { startLab, stopLab, type Lab } from "../../../lab/hosts/lab.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";
import { temporaryLab } from "../hosts/machine.js";
import { testProject, type TestProject } from "./project.js";
import type { Choices } from "./program.js";

const UP = ["up", "--yes", "--skip-preview"] as const;

describe("the real engine against a real libvirt", function () {
  this.timeout(600_000);
  const place = temporaryLab();
  let lab: Lab;
  let project: TestProject;
  let choices: Choices;

  const virsh = (...args: readonly string[]): Promise<string> =>
    lab.mustExecIn("host-a", ["virsh", "-q", ...args]);
  const state = async (domain: string): Promise<string> => (await virsh("domstate", domain)).trim();
  const configure = (change: Partial<Choices>): Promise<void> => {
    choices = { ...choices, ...change };
    return project.configure(choices);
  };

  before(async () => {
    lab = await startLab({ dir: place.dir, name: "engine-test" });
    project = testProject(lab);
    const hostKey = readFileSync(lab.knownHosts, "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .find(([names = ""]) => names.split(",").includes("host-a"));
    const images = "/srv/pgkeep/images/pg17";
    choices = {
      host: {
        name: "host-a",
        site: "a",
        address: "10.77.0.11",
        port: 22,
        user: "root",
        hostKey: `${hostKey?.[1]} ${hostKey?.[2]}`,
        bridges: { management: "br-mgmt", client: "br-client", replication: "br-repl" },
        poolPath: "/var/lib/libvirt/engine-test",
      },
      sshKeyFile: lab.privateKey,
      knownHostsFile: lab.knownHosts,
      image: `${images}/disk.qcow2`,
      kernel: `${images}/vmlinuz`,
      initrd: `${images}/initrd`,
      memoryMiB: 128,
      dataGiB: 1,
      clients: ["10.77.1.201/32"],
      protect: false,
      secure: true,
    };
    await project.must("stack", "init", "engine");
    await configure({});
  });
  after(async () => {
    await stopLab({ dir: place.dir });
    place.remove();
  });

  it("makes pool, networks, filter, disks and running guests", async () => {
    await project.must(...UP);
    for (const domain of ["engine-a", "engine-s", "engine-stranger"])
      assert.equal(await state(domain), "running", domain);
    assert.match(await virsh("nwfilter-dumpxml", "engine-filter"), /srcipaddr='10\.77\.1\.201'/);
    assert.match(await virsh("net-dumpxml", "engine-client"), /<forward mode='bridge'\/>/);
    assert.doesNotMatch(await virsh("net-dumpxml", "engine-drill"), /<forward|<ip /);
  });

  it("gives each guest what the provider alone cannot", async () => {
    const xml = await virsh("dumpxml", "engine-a");
    for (const part of [
      "<source file='/var/lib/libvirt/engine-test/engine-a-data.qcow2'",
      "cache='none' io='native' discard='unmap'",
      "<filterref filter='engine-filter'>",
      "<memballoon model='none'/>",
      "<nosharepages/>",
      "dumpCore='off'",
      "<target dev='sda' bus='scsi'",
      "org.qemu.guest_agent.0",
      "<rng model='virtio'>",
    ])
      assert.ok(xml.includes(part), part);
    assert.doesNotMatch(xml, /<graphics|<video/);
    const secure = await virsh("dumpxml", "engine-s");
    assert.match(secure, /<loader readonly='yes' secure='yes' type='pflash'>/);
    assert.match(secure, /<smm state='on'/);
    assert.match(
      secure,
      /<tpm model='tpm-crb'>\s*<backend type='emulator' version='2\.0' persistent_state='yes'/,
    );
  });

  it("makes volumes for dirty bitmaps that nobody else may read", async () => {
    for (const purpose of ["system", "data", "wal"]) {
      const path = `/var/lib/libvirt/engine-test/engine-a-${purpose}.qcow2`;
      assert.equal((await lab.mustExecIn("host-a", ["stat", "-c", "%a", path])).trim(), "600", purpose);
      const info = await lab.mustExecIn("host-a", ["qemu-img", "info", "-U", path]);
      assert.match(info, /compat: 1\.1/);
      assert.equal(info.includes("backing file:"), purpose === "system");
    }
  });

  it("changes nothing a second time, with and without asking the hypervisor", async () => {
    await project.must(...UP, "--expect-no-changes");
    await project.must(...UP, "--expect-no-changes", "--refresh");
  });

  it("changes only the filter when a client is added, and running guests feel it", async () => {
    await configure({ clients: ["10.77.1.201/32", "10.77.1.202/32"] });
    const steps = await project.planned();
    assert.deepEqual(steps.toSorted(), [
      "update command:remote:Command filter",
      "update pgkeep:libvirt:InterfaceFilter filter",
    ]);
    const before = await virsh("domid", "engine-a");
    await project.must(...UP);
    assert.equal(await virsh("domid", "engine-a"), before, "the guest ran on");
    const rules = await lab.mustExecIn("host-a", ["iptables-save"]);
    assert.match(rules, /-s 10\.77\.1\.202\/32 -p tcp .*--dport 5432/);
  });

  it("makes only the domain anew when its memory changes; its disks stay", async () => {
    const path = "/var/lib/libvirt/engine-test/engine-a-data.qcow2";
    const inode = (): Promise<string> => lab.mustExecIn("host-a", ["stat", "-c", "%i", path]);
    const before = await inode();
    await configure({ memoryMiB: 160, secure: false });
    await project.must(...UP);
    assert.equal(await inode(), before);
    assert.match(await virsh("dominfo", "engine-a"), /Max memory:\s+163840 KiB/);
    await project.must(...UP, "--expect-no-changes");
  });

  it("never makes a disk with data anew when its size changes, and takes one that has grown as it is", async () => {
    const path = "/var/lib/libvirt/engine-test/engine-a-data.qcow2";
    const inode = (): Promise<string> => lab.mustExecIn("host-a", ["stat", "-c", "%i", path]);
    const before = [await inode(), await virsh("domid", "engine-a")];
    await configure({ dataGiB: 2 });
    // Our component's own inputs have changed; nothing of libvirt's does.
    assert.doesNotMatch(await project.must(...UP), /libvirt:index/);
    // What `pgkeep guest apply` does on the hypervisor; the dirty bitmaps of a replica are no hindrance.
    await virsh("checkpoint-create-as", "engine-a", "before-growth", "--diskspec", "vdb");
    await virsh("blockresize", "engine-a", "vdb", `${2 * 1024 ** 3}B`);
    await virsh("checkpoint-delete", "engine-a", "before-growth");
    assert.match(await virsh("domblkinfo", "engine-a", "vdb"), /^Capacity:\s+2147483648$/m);
    await project.must(...UP, "--refresh");
    await project.must(...UP, "--expect-no-changes");
    assert.deepEqual([await inode(), await virsh("domid", "engine-a")], before);
  });

  it("does not start a guest that was powered off, also after asking the hypervisor", async () => {
    await virsh("destroy", "engine-a");
    await project.must(...UP, "--expect-no-changes", "--refresh");
    assert.equal(await state("engine-a"), "shut off");
  });

  it("is refused when it would start a fenced domain", async () => {
    const input = kvmEnvironment();
    const members = ["engine-a", "engine-stranger"];
    input.cluster.members = [
      { name: "engine-a", site: "a" },
      { name: "engine-stranger", site: "a" },
      { name: "pg-b1", site: "b" },
      { name: "pg-b2", site: "b" },
    ];
    input.kvm.addresses = [...members, "pg-b1", "pg-b2", "w1"].map((guest, i) => ({
      guest,
      management: `10.77.0.${100 + i}`,
      client: `10.77.1.${100 + i}`,
      replication: `10.77.2.${100 + i}`,
    }));
    const environment = parseEnvironment(input);
    const secrets = await createSecrets(environment);
    const bundle = JSON.stringify(hostBundle(recoveryPlan(environment), "host-a", secrets));
    await lab.mustExecIn("host-a", ["pgkeep", "host", "apply"], { stdin: bundle });

    // The account asks as the SSH server would let it.
    const fence = (domain: string) =>
      lab.execIn(
        "host-a",
        [
          "setpriv",
          "--reuid",
          FENCE.account,
          "--regid",
          FENCE.account,
          "--init-groups",
          "/usr/local/sbin/pgkeep-fence",
        ],
        {
          env: { SSH_ORIGINAL_COMMAND: domain },
        },
      );
    assert.equal((await fence("engine-stranger; reboot")).code, 3);
    assert.equal((await fence("pg-b1")).code, 3, "a member of another hypervisor");
    for (const domain of members) {
      const fenced = await fence(domain);
      assert.equal(fenced.code, 0, fenced.stderr);
      assert.equal(fenced.stdout, `fenced ${domain}\n`);
      assert.equal(await state(domain), "shut off");
      assert.match(await virsh("dominfo", domain), /Autostart:\s+disable/);
    }
    const byHand = await lab.execIn("host-a", ["virsh", "start", "engine-a"]);
    assert.notEqual(byHand.code, 0);
    assert.match(byHand.stderr, /is fenced/);
    // The stranger's domain ignores nothing: the refresh sees it off, the update wants it on.
    const outcome = await project.pulumi(...UP, "--refresh");
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stdout + outcome.stderr, /fenced/);
    for (const domain of members) assert.equal(await state(domain), "shut off", domain);
    for (const domain of members)
      await virsh("metadata", domain, FENCE.uri, "--config", "--key", FENCE.prefix, "--remove");
    await lab.mustExecIn("host-a", ["pgkeep", "host", "remove", "--environment", environment.name]);
    assert.notEqual((await lab.execIn("host-a", ["test", "-e", "/usr/local/sbin/pgkeep-fence"])).code, 0);
    await virsh("start", "engine-a");
  });

  it("keeps protected guests and disks when destroyed, and says so", async () => {
    await configure({ protect: true });
    await project.must(...UP);
    const outcome = await project.pulumi("destroy", "--yes", "--skip-preview");
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stdout + outcome.stderr, /protected/);
    assert.equal(await state("engine-a"), "running");
    // A change that would make the domain anew is refused before anything happens.
    await configure({ memoryMiB: 192 });
    const replaced = await project.pulumi("preview");
    await configure({ memoryMiB: 160 });
    assert.notEqual(replaced.code, 0);
    assert.match(replaced.stdout + replaced.stderr, /protect/);
  });

  it("leaves nothing when nothing is protected", async () => {
    await configure({ protect: false });
    await project.must(...UP);
    await project.must("destroy", "--yes", "--skip-preview");
    assert.equal((await virsh("list", "--all", "--name")).trim(), "");
    assert.doesNotMatch(await virsh("pool-list", "--all", "--name"), /engine-test/);
    assert.doesNotMatch(await virsh("net-list", "--all", "--name"), /engine-/);
    assert.doesNotMatch(await virsh("nwfilter-list"), /engine-filter/);
    assert.notEqual((await lab.execIn("host-a", ["test", "-e", "/var/lib/libvirt/engine-test"])).code, 0);
  });
});
