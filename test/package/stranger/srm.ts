/** A recovery plan of SRM: the example of docs/srm.md. */
import * as pulumi from "@pulumi/pulumi";
import { failoverCallouts, InventoryMappings, ProtectionGroup, RecoveryPlan } from "pgkeep/srm";

const config = new pulumi.Config();
const vcenterA = config.require("vcenterA");
const vcenterB = config.require("vcenterB");
const site = (name: string, vcenter: string) => ({
  name,
  vcenter,
  server: { address: `srm-${name}.example.net`, caCertificate: config.require("authority") },
  replication: { address: `vr-${name}.example.net`, caCertificate: config.require("authority") },
  credentials: `SRM_${name.toUpperCase()}`,
});
const sites = { protected: site("a", vcenterA), recovery: site("b", vcenterB) };
const pair = (kind: string, a: string, b: string) => ({
  protected: `${kind}:${a}:${vcenterA}`,
  recovery: `${kind}:${b}:${vcenterB}`,
});

const mappings = new InventoryMappings("sites", {
  sites,
  networks: [pair("DistributedVirtualPortgroup", "dvportgroup-21", "dvportgroup-31")],
  folders: [pair("Folder", "group-v41", "group-v51")],
  resources: [pair("ResourcePool", "resgroup-61", "resgroup-71")],
});

const database = `VirtualMachine:vm-80:${vcenterA}`;
const group = new ProtectionGroup(
  "orders",
  {
    sites,
    name: "orders",
    virtualMachines: [
      { id: database, replication: { rpo: 60, datastore: `Datastore:datastore-9:${vcenterB}` } },
    ],
  },
  { dependsOn: mappings },
);

const plan = new RecoveryPlan("orders", {
  sites,
  name: "orders",
  protectionGroups: [group.groupId],
  virtualMachines: [{ id: database, priority: 2, shutdownTimeout: 600 }],
  callouts: failoverCallouts({
    cluster: "orders",
    primary: "pg-a1",
    candidate: "pg-b1",
    program: "/opt/pgkeep/srm-step",
  }),
  runbook: { environment: "shop", cluster: "orders", objectives: { rto: 1800, rpo: 3600 } },
});

export const runbook = plan.runbook;
