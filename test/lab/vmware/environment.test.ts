import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VCENTER_SITES } from "../../../lab/endpoints/vcenter/index.js";
import { silent } from "../../../lab/progress.js";
import { enginePlaces } from "../../../lab/run/engine.js";
import { VMWARE_STACK } from "../../../lab/vmware/declaration.js";
import { PROGRAM, YOUNGER_THAN_THE_PLUGIN } from "../../../lab/vmware/program-text.js";
import { VMWARE_POLICY, VmwareLab } from "../../../lab/vmware/running.js";
import { STAGES, UP } from "../../../lab/vmware/stages.js";
import { besideEngine } from "../preview/beside-engine.js";

/** A machine as somebody would write it by hand, with a disk that no snapshot holds. */
const BY_HAND = `"use strict";
const pulumi = require("@pulumi/pulumi");
const vsphere = require("@pulumi/vsphere");
const { deployer } = Object.values(JSON.parse(pulumi.runtime.getConfig("pgkeep:vcenters")))[0];
const vsphereServer = Object.keys(JSON.parse(pulumi.runtime.getConfig("pgkeep:vcenters")))[0];
const provider = new vsphere.Provider("by-hand", { ...deployer, password: pulumi.secret(deployer.password), vsphereServer });
const dc = vsphere.getDatacenterOutput({ name: "DC0" }, { provider });
const cluster = vsphere.getComputeClusterOutput({ name: "DC0_C0", datacenterId: dc.id }, { provider });
const datastore = vsphere.getDatastoreOutput({ name: "LocalDS_0", datacenterId: dc.id }, { provider });
const network = vsphere.getNetworkOutput({ name: "DC0_DVPG0", datacenterId: dc.id }, { provider });
new vsphere.VirtualMachine("by-hand-pg", {
  name: "by-hand-pg", resourcePoolId: cluster.resourcePoolId, datastoreId: datastore.id, guestId: "otherGuest",
  numCpus: 1, memory: 256, networkInterfaces: [{ networkId: network.id }], waitForGuestNetTimeout: 0,
  disks: [{ label: "data", size: 1, diskMode: "independent_nonpersistent" }],
}, { provider });
`;

/** The laboratory of VMware from declaration to destruction; each stage stands on those before it. */
describe("an environment on two vCenter Servers, NSX and SRM", function () {
  this.timeout(10 * 60_000);
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-vmware-"));
  let running: VmwareLab;

  before("the laboratory", async function () {
    this.timeout(40 * 60_000);
    running = await VmwareLab.start(17, silent, join(folder, "lab"));
  });
  after(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    assert.deepEqual(running.hardware.problems, []);
  });

  it("blocks a machine that was written by hand, in preview and update, and makes nothing", async () => {
    const program = join(enginePlaces(running.lab, VMWARE_STACK).project, "index.js");
    writeFileSync(program, BY_HAND);
    try {
      for (const args of [["preview", ...VMWARE_POLICY], UP]) {
        const { code, stdout, stderr } = await running.pulumi(args);
        assert.notEqual(code, 0);
        assert.match(stdout + stderr, /\[mandatory\][^\n]*by-hand-pg/);
        assert.match(stdout + stderr, /independent_nonpersistent/);
      }
      for (const site of VCENTER_SITES)
        assert.doesNotMatch(await running.govc(site, "find", "/", "-type", "m"), /by-hand/);
      await running.mustPulumi(["destroy", "--yes", "--skip-preview"]);
    } finally {
      writeFileSync(program, PROGRAM);
    }
  });

  it("is previewed without vCenter as the engine previews it with them, resource by resource", async () => {
    const { contradictions, ok, resources } = await besideEngine({
      stack: VMWARE_STACK,
      config: enginePlaces(running.lab, VMWARE_STACK).config,
      engine: (args) => running.mustPulumi(args),
      // As the laboratory's program does.
      changed: (resource) => {
        const { type, inputs } = resource;
        // An account's name stands encrypted beside its password.
        if (type === "pulumi:providers:vsphere")
          return { ...resource, inputs: { ...inputs, user: running.endpoints.accounts.vcenter.user } };
        if (type !== "vsphere:index/virtualMachine:VirtualMachine") return resource;
        const known = Object.entries(inputs).filter(([key]) => !YOUNGER_THAN_THE_PLUGIN.includes(key));
        return { ...resource, inputs: { ...Object.fromEntries(known), waitForGuestNetTimeout: 0 } };
      },
    });
    assert.deepEqual(contradictions, []);
    assert.ok(ok && resources > 50, `${resources} resources`);
  });

  for (const { title, run } of STAGES) {
    if (title.startsWith("pulumi destroy"))
      it("shows no password in state, export, preview and what guests are told", async () => {
        const { vcenter, nsx, srm } = running.endpoints.accounts;
        const state = join(
          enginePlaces(running.lab, VMWARE_STACK).state,
          ".pulumi/stacks/pgkeep",
          `${VMWARE_STACK}.json`,
        );
        const texts = {
          state: readFileSync(state, "utf8"),
          export: await running.mustPulumi(["stack", "export"]),
          preview: await running.mustPulumi(["preview", "--diff"]),
          guests: await running.govc("a", "vm.info", "-json", "-e", "/DC0/vm/pgkeep-orders-a/pg-a1"),
        };
        assert.match(texts.state, /FirewallIntent/, "the state is the right one");
        for (const [where, text] of Object.entries(texts))
          for (const { password } of [vcenter, nsx, srm, ...running.rolePasswords])
            assert.ok(!text.includes(password), `a password stands in ${where}`);
      });
    it(title, async () => {
      await run(running, silent);
    });
  }
});
