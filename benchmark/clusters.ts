import { parseEnvironment } from "../components/declaration/index.js";
import { PostgresCluster } from "../components/libvirt/index.js";
import { PostgresCluster as VmwareCluster } from "../components/vsphere/index.js";
import { sampleEnvironment, sampleSecrets } from "./environment.js";
import { sampleVmwareEnvironment } from "./vmware-environment.js";

/** Declares so many complete clusters, from the declaration to the last resource. */
export function declareClusters(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const input = sampleEnvironment(index);
    const environment = parseEnvironment(input);
    new PostgresCluster(environment.cluster.name, {
      environment,
      secrets: sampleSecrets(input),
      access: {
        sshKeyFile: "/nonexistent/key",
        privateKey: "made-up key of the benchmark, opens nothing",
        knownHostsFile: "/nonexistent/known_hosts",
      },
    });
  }
}

/** The same on vSphere. */
export function declareVmwareClusters(count: number): void {
  const account = {
    user: "made-up@example.org",
    password: "made-up password of the benchmark, opens nothing",
  };
  const accounts = { deployer: account, operations: account };
  for (let index = 0; index < count; index += 1) {
    const input = sampleVmwareEnvironment(index);
    const environment = parseEnvironment(input);
    if (environment.platform !== "vmware") throw new TypeError("the sample is of vSphere");
    new VmwareCluster(environment.cluster.name, {
      environment,
      vcenters: { "vcenter-a.example.org": accounts, "vcenter-b.example.org": accounts },
      secrets: sampleSecrets(input),
      access: { privateKey: "made-up key of the benchmark, opens nothing" },
    });
  }
}
