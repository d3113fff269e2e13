/** Isolation of database VMs by NSX: the example of docs/nsx.md. */
import * as pulumi from "@pulumi/pulumi";
import { DistributedFirewall, VirtualMachineTag } from "pgkeep/nsx";

const config = new pulumi.Config();
const manager = { address: "nsx-a.example.net", caCertificate: config.require("nsxAuthority") };

const tag = new VirtualMachineTag("databases", {
  manager,
  scope: "role",
  tag: "postgresql",
  // The BIOS UUID, which a vSphere VM gives as `uuid`.
  virtualMachines: config.requireObject<string[]>("databaseUuids"),
});

export const firewall = new DistributedFirewall(
  "orders",
  {
    manager,
    policyId: "orders-postgresql",
    isolate: ["databases"],
    groups: [
      { id: "databases", members: [{ scope: "role", tag: "postgresql" }] },
      { id: "applications", members: [{ addresses: ["10.20.4.0/24"] }] },
      { id: "infrastructure", members: [{ addresses: ["10.20.0.53", "10.20.0.123"] }] },
    ],
    services: [
      { id: "postgresql", entries: [{ id: "tcp", ports: ["5432"] }] },
      { id: "replication", entries: [{ id: "tcp", ports: ["5432", "8008", "2379-2380", "8432"] }] },
      { id: "dns-and-time", entries: [{ id: "udp", protocol: "UDP", ports: ["53", "123"] }] },
    ],
    rules: [
      { id: "clients", sources: ["applications"], destinations: ["databases"], services: ["postgresql"] },
      { id: "members", sources: ["databases"], destinations: ["databases"], services: ["replication"] },
      {
        id: "outwards",
        sources: ["databases"],
        destinations: ["infrastructure"],
        services: ["dns-and-time"],
        direction: "OUT",
      },
    ],
  },
  { dependsOn: tag },
);
