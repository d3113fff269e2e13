import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  parseEnvironment,
  type VmwareEnvironment,
  type VmwareEnvironmentInput,
} from "../../components/declaration/index.js";
import { recoveryPlan } from "../../components/recovery/index.js";
import { ClusterRecovery, type SiteInventory } from "../../components/srm/index.js";
import { vmwareEnvironment } from "../fixtures/environment.js";
import { only, record, type Recorded } from "../libvirt/recorder.js";

const [A, B] = ["0a5f2c1e-7d43-4b8e-9c16-3f2a8d5e7b01", "1b6e3d2f-8c54-4a9f-8d27-4e3b9c6f8a12"];
const AUTHORITY = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

function environment(change: (input: VmwareEnvironmentInput) => void = () => undefined): VmwareEnvironment {
  const input = vmwareEnvironment();
  input.vmware.srm = {
    protectionGroup: "orders-group",
    recoveryPlan: "orders-plan",
    program: "/opt/pgkeep/srm-step",
    sites: [
      {
        site: "b",
        vcenterId: B,
        address: "srm-b.example.org",
        replication: { address: "vr-b.example.org", port: 8043 },
      },
      { site: "a", vcenterId: A, address: "srm-a.example.org", authority: AUTHORITY, credentials: "SRM_A" },
    ],
  };
  input.replication.vm = { schedule: "0 * * * *", to: "b", keep: 6 };
  change(input);
  return parseEnvironment(input);
}

function inventoryOf(site: string): SiteInventory {
  const network = (purpose: string) => ({ id: `net-${purpose}-${site}`, type: "Network" });
  return {
    folderId: `group-v-${site}`,
    poolId: pulumi.output(`resgroup-${site}`),
    datastoreId: `datastore-${site}`,
    networks: { management: network("m"), client: network("c"), replication: network("r") },
  };
}

async function declared(all: VmwareEnvironment): Promise<{ resources: Recorded[]; runbook: unknown }> {
  let runbook: unknown;
  const resources = await record(() => {
    const recovery = new ClusterRecovery("orders", {
      environment: all,
      plan: recoveryPlan(all),
      inventory: { a: inventoryOf("a"), b: inventoryOf("b"), w: inventoryOf("w") },
      virtualMachines: { "pg-a1": "vm-1", "pg-b1": "vm-2", w1: "vm-3" },
    });
    recovery.runbook.apply((value) => (runbook = value));
  });
  return { resources, runbook };
}

const declaredOf = (resources: Recorded[], kind: string): Record<string, unknown> =>
  only(resources, `pulumi-nodejs:dynamic/srm:${kind}`).inputs["declared"] as Record<string, unknown>;

describe("recovery of a cluster by SRM", () => {
  it("protects the member at the primary site alone, and recovers it at the other", async () => {
    const { resources, runbook } = await declared(environment());
    const site = (name: string, vcenter: string, rest: object) => ({ name, vcenter, ...rest });
    const sites = {
      protected: site("a", A, {
        server: { address: "srm-a.example.org", port: 443, caCertificate: AUTHORITY.trim() },
        replication: { address: "srm-a.example.org", port: 443, caCertificate: AUTHORITY.trim() },
        credentials: "SRM_A",
      }),
      recovery: site("b", B, {
        server: { address: "srm-b.example.org", port: 443 },
        replication: { address: "vr-b.example.org", port: 8043 },
        credentials: "PGKEEP_SRM",
      }),
    };
    const mappings = declaredOf(resources, "InventoryMappings");
    assert.deepEqual(trimmed(mappings["sites"]), sites);
    assert.deepEqual(mappings["folders"], [
      { protected: `Folder:group-v-a:${A}`, recovery: `Folder:group-v-b:${B}` },
    ]);
    assert.deepEqual(mappings["resources"], [
      { protected: `ResourcePool:resgroup-a:${A}`, recovery: `ResourcePool:resgroup-b:${B}` },
    ]);
    assert.equal((mappings["networks"] as unknown[]).length, 3);
    const group = declaredOf(resources, "ProtectionGroup");
    assert.equal(group["name"], "orders-group");
    assert.deepEqual(group["virtualMachines"], [
      {
        id: `VirtualMachine:vm-1:${A}`,
        replication: {
          rpo: 60,
          datastore: `Datastore:datastore-b:${B}`,
          pointsInTime: { instances: 6, days: 1 },
        },
      },
    ]);
    const plan = declaredOf(resources, "RecoveryPlan");
    assert.equal(plan["name"], "orders-plan");
    assert.deepEqual(
      (plan["callouts"] as { command: string }[]).map(({ command }) => command.split(" ")[1]),
      ["shut-down", "fence", "promote", "redirect"],
    );
    const { environment: of, objectives } = runbook as { environment: string; objectives: object };
    assert.equal(of, "test-vmware");
    assert.deepEqual(Object.keys(objectives), ["rto", "rpo"]);
  });

  it("asks for no steps without a program, and for one copy where one is kept", async () => {
    const { resources } = await declared(
      environment(({ vmware, replication }) => {
        delete vmware.srm?.program;
        replication.vm = { schedule: "*/30 * * * *", to: "b", keep: 1 };
      }),
    );
    assert.deepEqual(declaredOf(resources, "RecoveryPlan")["callouts"], []);
    const [{ replication }] = declaredOf(resources, "ProtectionGroup")["virtualMachines"] as [
      { replication: object },
    ];
    assert.deepEqual(replication, { rpo: 30, datastore: `Datastore:datastore-b:${B}` });
  });

  it("spreads more copies than a day has over days", async () => {
    const { resources } = await declared(
      environment(({ replication }) => (replication.vm = { schedule: "0 0,12 * * *", to: "b", keep: 6 })),
    );
    const [{ replication }] = declaredOf(resources, "ProtectionGroup")["virtualMachines"] as [
      { replication: { pointsInTime: object } },
    ];
    assert.deepEqual(replication.pointsInTime, { instances: 2, days: 3 });
  });
});

/** PEM ends as it likes. */
function trimmed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, each: unknown) =>
    key === "caCertificate" && typeof each === "string" ? each.trim() : each,
  );
}
