import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../../components/dynamic/unknowns.js";
import { InventoryMappings, ProtectionGroup, RecoveryPlan } from "../../components/srm/index.js";
import { runbookSchema } from "../../components/srm/client/runbook.js";
import { only, record } from "../libvirt/recorder.js";

const [A, B] = ["aaaaaaaa-0000-4000-8000-00000000000a", "bbbbbbbb-0000-4000-8000-00000000000b"];
const AUTHORITY = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----";
const sites = {
  protected: { name: "a", vcenter: A, server: { address: "srm-a", caCertificate: pulumi.output(AUTHORITY) } },
  recovery: { name: "b", vcenter: B, server: { address: "srm-b" } },
};
const runbook = { environment: "shop", cluster: "orders", objectives: { rto: 1800, rpo: 3600 } };

describe("components of SRM", () => {
  it("register one object each, with the arguments and a mark, and no credential", async () => {
    process.env["PGKEEP_SRM_PASSWORD"] = "planted-in-the-environment";
    try {
      const pair = (type: string) => ({ protected: `${type}:x:${A}`, recovery: `${type}:x:${B}` });
      const resources = await record(() => {
        const mappings = new InventoryMappings("site", {
          sites,
          networks: [pair("Network")],
          folders: [pair("Folder")],
          resources: [pair("ResourcePool")],
        });
        const group = new ProtectionGroup(
          "orders",
          { sites, name: "orders", virtualMachines: [{ id: pulumi.output(`VirtualMachine:vm-1:${A}`) }] },
          { dependsOn: mappings },
        );
        new RecoveryPlan("orders", { sites, name: "orders", protectionGroups: [group.groupId], runbook });
      });
      assert.deepEqual(resources.map(({ type }) => type).toSorted(), [
        "pgkeep:srm:InventoryMappings",
        "pgkeep:srm:ProtectionGroup",
        "pgkeep:srm:RecoveryPlan",
        "pulumi-nodejs:dynamic/srm:InventoryMappings",
        "pulumi-nodejs:dynamic/srm:ProtectionGroup",
        "pulumi-nodejs:dynamic/srm:RecoveryPlan",
      ]);
      const { inputs } = only(resources, "pulumi-nodejs:dynamic/srm:RecoveryPlan");
      assert.match(String(inputs["owner"]), /^[^/]+\/[^/]+\/orders$/);
      assert.ok(!("runbook" in (inputs["declared"] as object)));
      const text = JSON.stringify(resources);
      assert.ok(!text.includes("planted-in-the-environment") && !text.includes(UNKNOWN));
    } finally {
      delete process.env["PGKEEP_SRM_PASSWORD"];
    }
  });

  it("RecoveryPlan gives the runbook that the command reads", async () => {
    let given: unknown;
    await record(() => {
      const plan = new RecoveryPlan("orders", { sites, name: "orders", protectionGroups: ["g"], runbook });
      plan.runbook.apply((value) => (given = value));
    });
    const { sites: both, ...rest } = runbookSchema.parse(given);
    assert.deepEqual(rest, {
      format: "pgkeep/srm-runbook/1",
      environment: "shop",
      cluster: "orders",
      plan: "orders",
      objectives: { rto: 1800, rpo: 3600 },
      evidenceRetention: 63_072_000,
    });
    assert.deepEqual(
      [both.protected.server.caCertificate, both.recovery.server.port, both.recovery.credentials],
      [AUTHORITY, 443, "PGKEEP_SRM"],
    );
  });

  it("refuse wrong arguments before anything is registered, all at once", async () => {
    let registered = 0;
    const make = record(() => {
      try {
        new ProtectionGroup("x", { sites, name: "", virtualMachines: [{ id: "vm-1" }] });
      } finally {
        registered++;
      }
    });
    await assert.rejects(
      make,
      /2 problems:[^]*name[^]*virtualMachines\[0\]\.id: "vm-1" has the wrong form; give VirtualMachine:/,
    );
    assert.equal(registered, 1);
  });
});
