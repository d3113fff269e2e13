import type { Configuration } from "./configuration.js";
import type { StackOutputs } from "./outputs.js";

/**
 * The resources of an environment on any platform, from a configuration that has been read; needs nothing of the machine. Of the
 * platforms only the one that is declared is loaded: all three take as long as the rest of a small program.
 */
export async function declareEnvironment(configuration: Configuration): Promise<StackOutputs> {
  switch (configuration.platform) {
    case "kvm":
      return (await import("./kvm-environment.js")).declareKvm(configuration);
    case "vmware":
      return (await import("./vmware-environment.js")).vmwareEnvironment(configuration);
    case "kubernetes":
      return (await import("./kubernetes-environment.js")).kubernetesEnvironment(configuration);
  }
}
