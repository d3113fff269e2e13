import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { parseEnvironment, type VmwareEnvironment } from "../../components/declaration/index.js";
import {
  OperationsHost,
  PostgresCluster,
  privilegesOf,
  type PostgresClusterArgs,
} from "../../components/vsphere/index.js";
import { cloudInit, guestInfo } from "../../components/postgres/index.js";
import { recoveryPlan, type HostBundle } from "../../components/recovery/index.js";
import { changed } from "../declaration/change.js";
import { vmwareEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { clearTexts, isSecret, only, record, reveal, type Recorded } from "../libvirt/recorder.js";
import { accounts } from "./samples.js";
import { diskUuid, HOST_KEY, recordOnVcenter, vcenter } from "./vcenter.js";

const COMMAND = "command:remote:Command";
const VM = "vsphere:index/virtualMachine:VirtualMachine";
const GIB = 1024;

function environmentOf(...changes: string[]): VmwareEnvironment {
  const environment = parseEnvironment(changed(changes, vmwareEnvironment));
  if (environment.platform !== "vmware") throw new Error("the fixture is not of VMware");
  return environment;
}

function argsOf(environment: VmwareEnvironment): PostgresClusterArgs {
  return {
    environment,
    vcenters: Object.fromEntries(
      ["vcenter-a.example.org", "vcenter-b.example.org"].map((server) => [server, accounts(server)]),
    ),
    access: { privateKey: "PLANTED-DEPLOYER-KEY" },
    secrets: markedSecrets(environment),
  };
}

describe("PostgresCluster on vSphere", function () {
  this.timeout(120_000);
  const environment = environmentOf();
  const args = argsOf(environment);
  let resources: Recorded[];

  before(async () => {
    resources = await recordOnVcenter(() => new PostgresCluster("orders", args));
  });

  const all = (type: string): Recorded[] => resources.filter((resource) => resource.type === type);
  const one = (type: string, name: string): Recorded["inputs"] => only(resources, type, name).inputs;
  const vsphere = (kind: string): string => `vsphere:index/${kind}:${kind[0]?.toUpperCase()}${kind.slice(1)}`;

  it("spans the sites with one connection, role set and tag category a vCenter", () => {
    assert.equal(all("pulumi:providers:vsphere").length, 2);
    assert.equal(all(VM).length, 3);
    assert.equal(all(vsphere("folder")).length, 3);
    assert.equal(all(vsphere("resourcePool")).length, 3);
    assert.equal(all(vsphere("tagCategory")).length, 2);
    assert.equal(all(vsphere("role")).length, 6);
    assert.equal(all("pgkeep:vsphere:OperationsHost").length, 3);
    assert.equal(all("pgkeep:vsphere:GuestConfiguration").length, 3);
    assert.equal(all("pgkeep:vsphere:SnapshotSchedule").length, 3);
    assert.equal(
      one("pulumi:providers:vsphere", "orders-vcenter-a-example-org")["user"],
      "deployer@vcenter-a.example.org",
    );
  });

  it("looks everything up where it is declared, and makes the rest", () => {
    const folder = one(vsphere("folder"), "orders-a-folder");
    assert.deepEqual(folder, { path: "databases/orders", type: "vm", datacenterId: "Datacenter:dc-a" });
    assert.equal(one(vsphere("folder"), "orders-b-folder")["path"], "pgkeep-orders-b");
    const pool = (site: string): Recorded["inputs"] => one(vsphere("resourcePool"), `orders-${site}-pool`);
    assert.equal(pool("a")["parentResourcePoolId"], "ResourcePool:cluster-a/Resources/databases");
    assert.equal(pool("b")["parentResourcePoolId"], "root-pool-of-cluster-b");
    const vm = one(VM, "orders-pg-a1");
    assert.equal(vm["datastoreId"], "Datastore:datastore-a");
    assert.equal(vm["storagePolicyId"], "Policy:VM Encryption Policy");
    assert.deepEqual(vm["clone"], { templateUuid: "uuid-of-pgkeep-17", timeout: 60 });
    assert.equal(one(VM, "orders-pg-b1")["storagePolicyId"], undefined);
    assert.deepEqual(
      (vm["networkInterfaces"] as { networkId: string; macAddress: string }[]).map(
        ({ networkId }) => networkId,
      ),
      ["orders-a-management-id", "orders-a-client-id", "Network:replication-a"],
    );
    const group = one(vsphere("distributedPortGroup"), "orders-a-client");
    assert.deepEqual(
      [group["name"], group["vlanId"], group["distributedVirtualSwitchUuid"]],
      ["client-a", 120, "DistributedVirtualSwitch:dvs-a"],
    );
    assert.equal(all(vsphere("distributedPortGroup")).length, 2);
  });

  it("reserves memory in full, and at the recovery site what the declaration keeps free", () => {
    const pool = (site: string): unknown[] => {
      const inputs = one(vsphere("resourcePool"), `orders-${site}-pool`);
      return ["cpuReservation", "memoryReservation", "cpuExpandable", "memoryExpandable"].map(
        (key) => inputs[key],
      );
    };
    // A member has 2 processors and 4 GiB; capacity keeps 4 and 8 GiB at site b.
    assert.deepEqual(pool("a"), [2000, 4 * GIB, true, true]);
    assert.deepEqual(pool("b"), [6000, 12 * GIB, true, true]);
    assert.equal(one(VM, "orders-pg-a1")["memoryReservation"], 4 * GIB);
  });

  it("restarts the witness first, then members, and lets DRS do what is declared", () => {
    const priority = (guest: string): unknown =>
      one(vsphere("haVmOverride"), `orders-${guest}-restart`)["haVmRestartPriority"];
    assert.deepEqual([priority("w1"), priority("pg-a1"), priority("pg-b1")], ["highest", "high", "high"]);
    assert.deepEqual(one(vsphere("drsVmOverride"), "orders-pg-a1-placement"), {
      computeClusterId: "ComputeCluster:cluster-a",
      virtualMachineId: "uuid-of-orders-pg-a1",
      drsEnabled: true,
      drsAutomationLevel: "partiallyAutomated",
    });
    assert.equal(all(vsphere("computeClusterVmAntiAffinityRule")).length, 0, "one guest a site");
  });

  it("keeps guests of one site apart, as long as that does not stop them", async () => {
    const two = environmentOf(
      'cluster.members appended {"name":"pg-a2","site":"a"}',
      'cluster.members appended {"name":"pg-b2","site":"b"}',
      'vmware.addresses appended {"guest":"pg-a2","management":"10.77.0.104","client":"10.77.1.104","replication":"10.77.2.104"}',
      'vmware.addresses appended {"guest":"pg-b2","management":"10.77.0.105","client":"10.77.1.105","replication":"10.77.2.105"}',
    );
    const made = await recordOnVcenter(() => new PostgresCluster("orders", argsOf(two)));
    const { inputs } = only(made, vsphere("computeClusterVmAntiAffinityRule"), "orders-a-apart");
    assert.deepEqual(inputs, {
      name: "pgkeep-orders-a",
      computeClusterId: "ComputeCluster:cluster-a",
      virtualMachineIds: ["uuid-of-orders-pg-a1", "uuid-of-orders-pg-a2"],
      enabled: true,
      mandatory: false,
    });
  });

  it("gives people their roles on what is the cluster's alone, and nowhere else", () => {
    const grants = all(vsphere("entityPermissions"));
    assert.deepEqual(grants.map(({ name, inputs }) => `${name} ${String(inputs["entityType"])}`).toSorted(), [
      "orders-a-client DistributedVirtualPortgroup",
      "orders-a-datastore Datastore",
      "orders-a-folder Folder",
      "orders-a-management DistributedVirtualPortgroup",
      "orders-a-pool ResourcePool",
      "orders-b-folder Folder",
      "orders-b-pool ResourcePool",
      "orders-w-folder Folder",
      "orders-w-pool ResourcePool",
    ]);
    const role = (kind: string): string => `orders-vcenter-a-example-org-roles-${kind}-id`;
    const grant = (account: string, kind: string) => ({
      userOrGroup: `EXAMPLE\\${account}`,
      isGroup: true,
      propagate: true,
      roleId: role(kind),
    });
    assert.deepEqual(one(vsphere("entityPermissions"), "orders-a-folder")["permissions"], [
      grant("audit", "auditor"),
      grant("backupop", "snapshotOperator"),
      grant("drop", "recoveryOperator"),
    ]);
    // Site a is encrypted, the sites of the other vCenter are not.
    const privileges = (server: string): unknown =>
      one(vsphere("role"), `orders-${server}-roles-recoveryOperator`)["rolePrivileges"];
    assert.deepEqual(privileges("vcenter-a-example-org"), privilegesOf("recoveryOperator", ["encrypted"]));
    assert.deepEqual(privileges("vcenter-b-example-org"), privilegesOf("recoveryOperator", []));
  });

  it("seeds guests by guestinfo without a secret", () => {
    const plan = recoveryPlan(environment);
    const seed = guestInfo(cloudInit(plan, "pg-a1", "ssh-ed25519 AAAA operations"));
    const extra = one(VM, "orders-pg-a1")["extraConfig"] as Record<string, string>;
    assert.ok(!isSecret(extra));
    for (const [key, value] of Object.entries(seed)) assert.equal(extra[key], value, key);
    for (const text of Object.values(seed))
      assert.ok(!Buffer.from(text, "base64").toString("utf8").includes("PLANTED"));
  });

  it("reads each guest's host key from its vCenter, on the operations host of its site", () => {
    const { connection: reached, stdin, create } = one(COMMAND, "orders-pg-b1-host-key");
    assert.ok(isSecret(reached) && isSecret(stdin));
    const connection = reveal(reached) as Record<string, unknown>;
    assert.equal(connection["host"], "10.77.0.12");
    assert.equal(connection["hostKey"], environment.vmware.hosts[1]?.hostKey);
    assert.equal(connection["privateKey"], "PLANTED-DEPLOYER-KEY");
    assert.equal(
      reveal(stdin),
      "operations@vcenter-b.example.org\nPLANTED-operations-at-vcenter-b.example.org\n",
    );
    assert.match(String(create), /GOVC_URL=https:\/\/vcenter-b\.example\.org\/sdk\n/);
    assert.match(String(create), / uuid-of-orders-pg-b1$/);
  });

  it("configures each guest over its operations host, with the key that vCenter vouches for", () => {
    const { connection: reached, stdin, create } = one(COMMAND, "orders-pg-a1-configuration");
    assert.ok(isSecret(reached));
    const connection = reveal(reached) as Record<string, unknown> & { proxy: Record<string, unknown> };
    assert.deepEqual(
      [connection["host"], connection["user"], connection["hostKey"], connection.proxy["host"]],
      ["10.77.0.101", "pgkeep", HOST_KEY, "10.77.0.11"],
    );
    assert.match(String(connection["privateKey"]), /PLANTED-key-of-operations/);
    assert.equal(connection.proxy["privateKey"], "PLANTED-DEPLOYER-KEY");
    assert.equal(create, "sudo -n /usr/local/sbin/pgkeep-apply");
    assert.ok(isSecret(stdin));
    const bundle = JSON.parse(String(reveal(stdin))) as {
      format: string;
      generation: string;
      sizes: Record<string, number>;
      volumes: { device: string; label: string }[];
      files: { path: string }[];
    };
    assert.equal(bundle.format, "pgkeep/guest-bundle/1");
    assert.equal(bundle.generation, "uuid-of-orders-pg-a1");
    assert.deepEqual(bundle.sizes, environment.cluster.sizing.disks);
    const device = (disk: string): string =>
      `/dev/disk/by-id/wwn-0x${diskUuid("pg-a1", disk).replaceAll("-", "").toLowerCase()}`;
    assert.deepEqual(
      bundle.volumes.map(({ device: path, label }) => [label, path]),
      [
        ["pgdata", device("data")],
        ["pgwal", device("wal")],
      ],
    );
    for (const path of ["/etc/pgkeep/ssh/authorized_keys", "/etc/vmware-tools/tools.conf"])
      assert.ok(
        bundle.files.some((file) => file.path === path),
        path,
      );
  });

  it("takes and verifies base backups by timers of the guest with the repository", () => {
    const bundle = JSON.parse(String(reveal(one(COMMAND, "orders-w1-configuration")["stdin"]))) as {
      services: { name: string }[];
      files: { path: string; content: string }[];
    };
    const timers = bundle.services.map(({ name }) => name).filter((name) => name.endsWith(".timer"));
    assert.deepEqual(timers, ["pgkeep-backup-full.timer", "pgkeep-backup-diff.timer", "pgkeep-verify.timer"]);
    const unit = (name: string): string =>
      bundle.files.find(({ path }) => path === `/etc/systemd/system/${name}`)?.content ?? "";
    assert.match(unit("pgkeep-backup-full.timer"), /^OnCalendar=Sun \*-\*-\* 01:00:00 UTC$/m);
    assert.match(
      unit("pgkeep-backup-diff.service"),
      /^ExecStart=\/usr\/bin\/pgbackrest --stanza=orders --type=diff backup$/m,
    );
    assert.match(
      unit("pgkeep-verify.service"),
      /^ExecStart=.* verify --output=text .*grep -qx "status: ok"'$/m,
    );
    const member = JSON.parse(
      String(reveal(one(COMMAND, "orders-pg-a1-configuration")["stdin"])),
    ) as typeof bundle;
    assert.ok(!member.files.some(({ path }) => path.includes("pgkeep-backup")));
  });

  it("gives each operations host its site's vCenter, its own timers and fencing, and no other account", () => {
    for (const [host, server, guest, members] of [
      ["ops-a", "vcenter-a.example.org", "pg-a1", ["pg-a1"]],
      ["ops-b", "vcenter-b.example.org", "pg-b1", ["pg-b1"]],
      ["ops-w", "vcenter-b.example.org", "w1", []],
    ] as const) {
      const { stdin, create } = one(COMMAND, `orders-${host}-agent`);
      assert.match(String(create), /command -v govc .*govc is missing.*exec pgkeep host apply'$/);
      assert.ok(isSecret(stdin));
      const text = String(reveal(stdin));
      assert.ok(!text.includes("PLANTED-deployer"), "the deployer's account stays where Pulumi runs");
      const bundle = JSON.parse(text) as HostBundle;
      const file = (path: string): string | undefined =>
        bundle.files.find((each) => each.path === path)?.content;
      assert.equal(file("/etc/pgkeep/secrets/vcenter-user"), `operations@${server}\n`);
      assert.equal(file("/etc/pgkeep/secrets/vcenter-password"), `PLANTED-operations-at-${server}\n`);
      assert.deepEqual(bundle.timers, [`pgkeep-snapshot-${guest}.timer`]);
      assert.match(
        file(`/etc/systemd/system/pgkeep-snapshot-${guest}.service`) ?? "",
        new RegExp(`^ExecStart=/usr/bin/env pgkeep snapshot ${guest}$`, "m"),
      );
      const fence = file("/usr/local/sbin/pgkeep-fence");
      assert.equal(fence !== undefined, members.length > 0, host);
      for (const member of members) assert.match(fence ?? "", new RegExp(`${member}\\) vm='/dc-`));
      const secret = bundle.files.filter(({ content }) => content.includes("PLANTED"));
      for (const { path, mode } of secret) assert.equal(mode, "0600", path);
    }
  });

  it("has no secret in clear anywhere, and puts the environment into its inputs for policies", () => {
    const clear = resources.flatMap(({ inputs }) => clearTexts(inputs)).join("\n");
    assert.ok(!clear.includes("PLANTED"));
    const { inputs } = only(resources, "pgkeep:vsphere:PostgresCluster");
    assert.deepEqual(inputs["environment"], JSON.parse(JSON.stringify(environment)));
    assert.deepEqual(Object.keys(inputs).toSorted(), ["environment", "protect"]);
  });

  it("names every vCenter whose accounts are missing, before anything is made", async () => {
    const made: string[] = [];
    const engine = {
      ...vcenter,
      state: ({ type }: Recorded) => {
        if (type !== "pulumi:pulumi:Stack") made.push(type);
        return {};
      },
    };
    await assert.rejects(
      record(() => new PostgresCluster("orders", { ...args, vcenters: {} }), engine),
      (error: Error) => {
        for (const server of ["vcenter-a.example.org", "vcenter-b.example.org"])
          assert.ok(error.message.includes(`vcenters: has no accounts of ${server}`), server);
        return true;
      },
    );
    assert.deepEqual(made, []);
  });

  it("makes no VM before its operations host has all that it needs", async () => {
    const waits = new Map<string, pulumi.ResourceOptions>();
    await recordOnVcenter(
      () =>
        new PostgresCluster("orders", args, {
          transformations: [
            ({ type, name, opts }) => {
              if (type === "pgkeep:vsphere:PostgresVm") waits.set(name, opts);
              return undefined;
            },
          ],
        }),
    );
    const [agent] = (waits.get("orders-pg-b1")?.dependsOn ?? []) as OperationsHost[];
    assert.ok(agent instanceof OperationsHost);
  });
});
