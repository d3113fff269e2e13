import { PostgresCluster } from "../components/vsphere/index.js";
import type { VmwareConfiguration } from "./configuration.js";
import type { StackOutputs } from "./outputs.js";

/** Declares an environment on VMware; everything comes from the configuration. */
export function vmwareEnvironment({
  environment,
  secrets,
  privateKey,
  vcenters,
  protect,
}: VmwareConfiguration): StackOutputs {
  const { plan, endpoint } = new PostgresCluster(environment.cluster.name, {
    environment,
    vcenters,
    secrets,
    access: { privateKey },
    protect,
  });
  return { recoveryPlan: plan, endpoint };
}
