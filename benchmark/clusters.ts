import { parseEnvironment } from "../components/declaration/index.js";
import { PostgresCluster } from "../components/libvirt/index.js";
import { sampleEnvironment, sampleSecrets } from "./environment.js";

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
