import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Permissions,
  PRIVILEGES,
  privilegesOf,
  ROLE_KINDS,
  Roles,
  SRM_ROLES,
  type PermissionsArgs,
  type RolesArgs,
} from "../../components/vsphere/index.js";
import { notRoot } from "../../components/vsphere/permissions.js";
import { only, record } from "../libvirt/recorder.js";

const ROLE = "vsphere:index/role:Role";
const PERMISSIONS = "vsphere:index/entityPermissions:EntityPermissions";

/** What a vCenter knows, as the simulator has it; Site Recovery Manager adds its own when it is registered. */
const known = new Set(
  readFileSync(join(__dirname, "privileges-govmomi-0.52.0.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);
const everything = ["encrypted", "hotAdd", "restore"] as const;
/** From the vendor's reference of predefined privileges of Site Recovery Manager. */
const SRM = /^VcDr\.RecoveryProfile\.com\.vmware\.vcDr\.(Run|Failover|Reprotect)$/;

describe("privileges", () => {
  it("the recorded list is whole", () => assert.equal(known.size, 482));

  for (const kind of ROLE_KINDS)
    it(`of ${kind} exist, and none is one that vCenter adds itself`, () => {
      const ids = privilegesOf(kind, everything);
      assert.ok(ids.length > 0);
      for (const id of ids) assert.ok(SRM_ROLES.includes(kind) ? SRM.test(id) : known.has(id), id);
      assert.ok(!ids.some((id) => id.startsWith("System.")));
      assert.deepEqual(ids, [...new Set(ids)].toSorted());
    });

  it("that would make a person more than what the role says stay out of it", () => {
    const mighty =
      /^(Authorization|Sessions|Global\.Settings)|GuestOperations|ConsoleInteract|AdvancedConfig|Inventory\.Delete/;
    for (const kind of ROLE_KINDS) {
      if (kind === "deployer") continue;
      assert.deepEqual(
        privilegesOf(kind, everything).filter((id) => mighty.test(id)),
        [],
        kind,
      );
    }
    assert.ok(!privilegesOf("deployer", everything).some((id) => /^Authorization|GuestOperations/.test(id)));
    const both = ROLE_KINDS.filter((kind) => {
      const ids = privilegesOf(kind, everything);
      return (
        ids.includes("VirtualMachine.State.RemoveSnapshot") &&
        ids.includes("VirtualMachine.State.RevertToSnapshot")
      );
    });
    assert.deepEqual(both, []);
  });

  it("an auditor changes nothing", () => {
    for (const id of privilegesOf("auditor", everything)) assert.match(id, /View|Monitor|Read/);
  });

  it("testing a recovery plan does not allow failing over", () => {
    assert.ok(!privilegesOf("recoveryTester", []).some((id) => id.endsWith(".Failover")));
    assert.ok(!privilegesOf("recoveryExecutor", []).some((id) => id.endsWith(".Run")));
  });

  it("of encrypted VMs and transports come only when asked for", () => {
    for (const kind of ROLE_KINDS)
      assert.deepEqual(privilegesOf(kind, []), [...PRIVILEGES[kind].always].toSorted());
    assert.ok(privilegesOf("backupOperator", ["hotAdd"]).includes("VirtualMachine.Config.AddExistingDisk"));
    assert.ok(privilegesOf("recoveryOperator", ["encrypted"]).includes("Cryptographer.RegisterVM"));
  });
});

describe("Roles", function () {
  this.timeout(60_000);

  it("makes each role with exactly its privileges, those of Site Recovery Manager when asked", async () => {
    const args: RolesArgs = { prefix: "pgkeep-orders", encrypted: true, hotAdd: true, restore: true };
    const resources = await record(() => new Roles("roles", args));
    const kinds = ROLE_KINDS.filter((kind) => !SRM_ROLES.includes(kind));
    assert.equal(resources.filter(({ type }) => type === ROLE).length, kinds.length);
    for (const kind of kinds) {
      const { inputs } = only(resources, ROLE, `roles-${kind}`);
      assert.equal(inputs["name"], `pgkeep-orders-${kind}`);
      assert.deepEqual(inputs["rolePrivileges"], privilegesOf(kind, everything));
    }
    const srm = await record(() => new Roles("roles", { prefix: "p", kinds: SRM_ROLES }));
    assert.equal(srm.filter(({ type }) => type === ROLE).length, 2);
  });

  it("refuses contradictions, all at once", async () => {
    const args: RolesArgs = { prefix: "a b", kinds: ["auditor", "auditor"], hotAdd: true };
    await assert.rejects(
      record(() => new Roles("roles", args)),
      (error: Error) => {
        for (const part of [
          'prefix: "a b" is not usable',
          "kinds[1]: auditor is named twice",
          "hotAdd: changes none of the roles; give backupOperator in kinds",
        ])
          assert.ok(error.message.includes(part), part);
        return true;
      },
    );
    await assert.rejects(
      record(() => new Roles("roles", { prefix: "p", kinds: [] })),
      /kinds: names no role/,
    );
  });

  it("names the roles that there are when another one is asked for", async () => {
    await record(() => {
      const roles = new Roles("roles", { prefix: "p", kinds: ["auditor"] });
      assert.throws(() => roles.idOf("deployer"), /role deployer was not made; give one of auditor/);
    });
  });
});

describe("Permissions", function () {
  this.timeout(60_000);
  const args: PermissionsArgs = {
    entity: { id: "group-v12", type: "Folder" },
    grants: [
      { principal: "EXAMPLE\\Zoe", group: false, roleId: "7", propagate: false },
      { principal: "EXAMPLE\\audit", group: true, roleId: "8" },
    ],
  };

  it("gives every grant, in vCenter's order", async () => {
    const { inputs } = only(await record(() => new Permissions("p", args)), PERMISSIONS);
    assert.deepEqual(inputs, {
      entityId: "group-v12",
      entityType: "Folder",
      permissions: [
        { userOrGroup: "EXAMPLE\\audit", isGroup: true, propagate: true, roleId: "8" },
        { userOrGroup: "EXAMPLE\\Zoe", isGroup: false, propagate: false, roleId: "7" },
      ],
    });
  });

  it("never touches a datacenter or vCenter itself, whenever the id is known", async () => {
    for (const id of ["group-d1", "datacenter-3"]) {
      await assert.rejects(
        record(() => new Permissions("p", { ...args, entity: { id, type: "Folder" } })),
        /a datacenter's or vCenter's own; give a dedicated folder/,
      );
      assert.throws(() => notRoot(id), /would hold for a datacenter or all of vCenter/);
    }
    const type = "Datacenter" as unknown as "Folder";
    await assert.rejects(
      record(() => new Permissions("p", { ...args, entity: { id: "datacenter-x", type } })),
      /entity\.type: Datacenter is never one cluster's alone/,
    );
  });

  it("refuses nobody, doubles and names that vCenter would show otherwise, all at once", async () => {
    await assert.rejects(
      record(() => new Permissions("p", { ...args, grants: [] })),
      /grants: names nobody/,
    );
    const grants = ["audit@example.org", "EXAMPLE\\a", "example\\A"].map((principal) => ({
      principal,
      group: true,
      roleId: "1",
    }));
    await assert.rejects(
      record(() => new Permissions("p", { ...args, grants })),
      (error: Error) => {
        assert.match(error.message, /grants\[0\]\.principal: "audit@example.org" is not as vCenter shows it/);
        assert.match(error.message, /grants\[2\]\.principal: example\\A is named twice/);
        return true;
      },
    );
  });
});
