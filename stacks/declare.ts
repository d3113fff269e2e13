import type { Configuration } from "./configuration.js";
import { kubernetesEnvironment } from "./kubernetes-environment.js";
import { declareKvm } from "./kvm-environment.js";
import type { StackOutputs } from "./outputs.js";
import { vmwareEnvironment } from "./vmware-environment.js";

/** The resources of an environment on any platform, from a configuration that has been read; needs nothing of the machine. */
export function declareEnvironment(configuration: Configuration): StackOutputs {
  switch (configuration.platform) {
    case "kvm":
      return declareKvm(configuration);
    case "vmware":
      return vmwareEnvironment(configuration);
    case "kubernetes":
      return kubernetesEnvironment(configuration);
  }
}
