import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DistributedFirewall, VirtualMachineTag } from "../../components/nsx/index.js";
import { UNKNOWN } from "../../components/dynamic/unknowns.js";
import { only, record } from "../libvirt/recorder.js";
import { firewallArgs, GROUPS } from "./samples.js";

const INTENT = "pulumi-nodejs:dynamic/nsx:FirewallIntent";
const ASSIGNMENT = "pulumi-nodejs:dynamic/nsx:TagAssignment";

describe("components of NSX", () => {
  it("DistributedFirewall registers one intent, with the arguments and a mark, and no credential", async () => {
    process.env["PGKEEP_NSX_PASSWORD"] = "planted-in-the-environment";
    try {
      const resources = await record(() => new DistributedFirewall("pg", firewallArgs()));
      assert.deepEqual(
        resources.map(({ type, name }) => `${type} ${name}`),
        ["pgkeep:nsx:DistributedFirewall pg", `${INTENT} pg`],
      );
      const { inputs } = only(resources, INTENT);
      assert.deepEqual(inputs["firewall"], firewallArgs());
      assert.match(String(inputs["owner"]), /^[^/]+\/[^/]+\/pg$/);
      assert.ok(!JSON.stringify(resources).includes("planted-in-the-environment"));
    } finally {
      delete process.env["PGKEEP_NSX_PASSWORD"];
    }
  });

  it("gives the paths of policy and groups for others to name", async () => {
    let paths: unknown;
    await record(() => {
      const firewall = new DistributedFirewall("pg", firewallArgs());
      firewall.groupPaths.apply((value) => (paths = value));
    });
    assert.deepEqual(paths, {
      databases: `${GROUPS}/pg-databases`,
      applications: `${GROUPS}/pg-applications`,
    });
  });

  it("refuses wrong arguments before anything is registered, all at once", async () => {
    const wrong = firewallArgs({ isolate: ["x"], rules: [], policyId: "a/b" });
    let registered = 0;
    const make = record(() => {
      try {
        new DistributedFirewall("pg", wrong);
      } finally {
        registered++;
      }
    });
    await assert.rejects(
      make,
      /2 problems:[^]*policyId: "a\/b"[^]*isolate\[0\]: "x" is not a declared group/,
    );
    assert.equal(registered, 1);
  });

  it("takes addresses and VMs that other resources will give", async () => {
    const resources = await record(() => {
      const { groups } = firewallArgs();
      new DistributedFirewall("pg", {
        ...firewallArgs(),
        manager: {
          address: "nsx",
          caCertificate: pulumi.output("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"),
        },
        groups: [...groups, { id: "more", members: [{ addresses: [pulumi.output("10.1.2.3")] }] }],
      });
      new VirtualMachineTag("tag", {
        manager: { address: "nsx" },
        scope: "role",
        tag: "postgresql",
        virtualMachines: [pulumi.output("4230-a")],
      });
    });
    const { firewall } = only(resources, INTENT).inputs as { firewall: { groups: unknown[] } };
    assert.deepEqual(firewall.groups[2], { id: "more", members: [{ addresses: ["10.1.2.3"] }] });
    const { assignment } = only(resources, ASSIGNMENT).inputs as { assignment: Record<string, unknown> };
    assert.deepEqual(assignment["virtualMachines"], ["4230-a"]);
    assert.ok(!JSON.stringify(resources).includes(UNKNOWN), "the mark of what is not known goes nowhere");
  });

  it("VirtualMachineTag refuses a tag that NSX would read differently", async () => {
    const args = { manager: { address: "nsx" }, scope: "a|b", tag: "", virtualMachines: [] };
    await assert.rejects(
      record(() => new VirtualMachineTag("tag", args)),
      /3 problems:[^]*scope[^]*tag[^]*virtualMachines/,
    );
  });
});
