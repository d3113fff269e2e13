import assert from "node:assert/strict";
import { kvmOf, machines, parseEnvironment } from "../../components/declaration/index.js";
import { achieved, jobs, recoveryPlan, repositoryJobs, unmet } from "../../components/recovery/index.js";
import { connect } from "../../operations/context.js";
import { systemClock } from "../../operations/adapters/clock.js";
import { output } from "../../operations/output.js";
import { parsePlan } from "../../operations/plan.js";
import { kvmEnvironment, vmwareEnvironment } from "../fixtures/environment.js";

describe("recovery plan on VMware", () => {
  const environment = parseEnvironment(vmwareEnvironment());
  const plan = recoveryPlan(environment);

  it("says where each VM stands, and on which host its jobs run", () =>
    assert.deepEqual(
      plan.guests.map(({ name, host, vm }) => [name, host, vm?.vcenter, vm?.path]),
      [
        ["pg-a1", "ops-a", "vcenter-a.example.org", "/dc-a/vm/databases/orders/pg-a1"],
        ["pg-b1", "ops-b", "vcenter-b.example.org", "/dc-b/vm/pgkeep-orders-b/pg-b1"],
        ["w1", "ops-w", "vcenter-b.example.org", "/dc-w/vm/pgkeep-orders-w/w1"],
      ],
    ));

  it("gives every interface an address of VMware's range for static ones", () => {
    const macs = plan.guests.flatMap((guest) => Object.values(guest.macs));
    assert.equal(new Set(macs).size, 9);
    for (const mac of macs) assert.match(mac, /^00:50:56:0[0-2](:[0-9a-f]{2}){2}$/);
  });

  it("names disks by purpose, in their datastore", () =>
    assert.deepEqual(plan.guests[0]?.disks, [
      { target: "system", purpose: "system", path: "[datastore-a]" },
      { target: "data", purpose: "data", path: "[datastore-a]" },
      { target: "wal", purpose: "wal", path: "[datastore-a]" },
    ]));

  it("leaves replication to Site Recovery Manager and base backups to the guest that keeps them", () => {
    assert.deepEqual(
      jobs(plan).map(({ id, host }) => `${id} ${host}`),
      [
        "snapshot-pg-a1 ops-a",
        "snapshot-pg-b1 ops-b",
        "snapshot-w1 ops-w",
        "drill-restore ops-w",
        "drill-failover ops-w",
        "drill-site ops-w",
      ],
    );
    assert.deepEqual(
      repositoryJobs(plan).map(({ id }) => id),
      ["backup-full", "backup-diff", "verify"],
    );
  });

  it("achieves what the same declaration achieves on KVM", () => {
    const kvm = parseEnvironment(kvmEnvironment());
    assert.deepEqual(achieved(environment), achieved(kvm));
    assert.deepEqual(unmet(environment), []);
  });

  it("is read by the command, which refuses what works through libvirt", () => {
    const read = parsePlan(JSON.stringify(plan), "plan.json");
    assert.deepEqual(read, JSON.parse(JSON.stringify(plan)));
    const context = connect(read, {
      clock: systemClock(undefined),
      output: output(true),
      dryRun: true,
      access: { key: "", knownHosts: "", hosts: [] },
      machine: "ops-a",
    });
    assert.equal(context.host("ops-a").declared.address, "10.77.0.11");
    assert.throws(() => context.host("ops-a").hypervisor, /is on vmware, and this works through libvirt/);
    assert.throws(() => context.agent("pg-a1"), /is on vmware, and this works through libvirt/);
    const { vmware, ...rest } = plan.environment;
    assert.ok(vmware);
    assert.throws(
      () => parsePlan(JSON.stringify({ ...plan, environment: rest }), "plan.json"),
      /environment\.vmware: /,
    );
  });

  it("tells what is KVM's alone from what every platform has", () => {
    assert.throws(() => kvmOf(environment), /test-vmware is of platform vmware; this works on kvm alone/);
    assert.deepEqual(
      machines(environment).hosts.map(({ name }) => name),
      ["ops-a", "ops-b", "ops-w"],
    );
  });
});
