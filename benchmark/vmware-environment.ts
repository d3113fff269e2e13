import type { EnvironmentInput } from "../components/declaration/index.js";
import { sampleEnvironment } from "./environment.js";

/** The same environment as on KVM, on two vCenter Servers and a witness, with firewall and recovery plan declared. */
export function sampleVmwareEnvironment(index: number): EnvironmentInput {
  const input = sampleEnvironment(index);
  if (input.platform !== "kvm") throw new TypeError("the sample is of KVM");
  const { kvm, ...common } = input;
  const place = (site: string) => ({
    site,
    vcenter: `vcenter-${site === "a" ? "a" : "b"}.example.org`,
    datacenter: `dc-${site}`,
    cluster: `cluster-${site}`,
    datastore: `datastore-${site}-${index}`,
    template: "pgkeep-17",
    switch: `dvs-${site}`,
    networks: {
      management: { name: `management-${site}-${index}`, vlan: 110 },
      client: { name: `client-${site}-${index}`, vlan: 120 },
      replication: { name: `replication-${site}-${index}`, vlan: 130 },
    },
  });
  return {
    ...common,
    platform: "vmware",
    vmware: {
      sites: [place("a"), place("b"), place("w")],
      hosts: kvm.hosts.map(({ name, site, address, hostKey }) => ({ name, site, address, hostKey })),
      networks: kvm.networks,
      addresses: kvm.addresses,
      ...(kvm.witness === undefined ? {} : { witness: kvm.witness }),
      accounts: { domain: "EXAMPLE" },
      srm: { protectionGroup: `group-${index}`, recoveryPlan: `plan-${index}` },
    },
  };
}
