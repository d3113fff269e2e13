import { PostgresCluster } from "../components/kubernetes/index.js";
import type { KubernetesConfiguration } from "./configuration.js";
import type { StackOutputs } from "./outputs.js";

/** Declares an environment on Kubernetes; everything comes from the configuration. */
export function kubernetesEnvironment({
  environment,
  secrets,
  kubeconfigs,
  protect,
}: KubernetesConfiguration): StackOutputs {
  const { plan, endpoint } = new PostgresCluster(environment.cluster.name, {
    environment,
    secrets,
    kubeconfigs,
    protect,
  });
  return { recoveryPlan: plan, endpoint };
}
