import { knownHosts, PostgresCluster } from "../components/libvirt/index.js";
import type { KvmConfiguration } from "./configuration.js";
import type { StackOutputs } from "./outputs.js";
import { ensureFile, expandPath } from "./paths.js";
import { requirePrograms } from "./prerequisites.js";

/** Declares an environment on KVM; everything comes from the configuration. */
export function kvmEnvironment(configuration: KvmConfiguration): StackOutputs {
  requirePrograms();
  ensureFile(expandPath(configuration.knownHostsFile), knownHosts(configuration.environment.kvm.hosts));
  return declareKvm(configuration);
}

/** The resources of an environment on KVM; needs nothing of the machine. */
export function declareKvm({
  environment,
  secrets,
  sshKeyFile,
  privateKey,
  knownHostsFile,
  protect,
}: KvmConfiguration): StackOutputs {
  const { plan, endpoint } = new PostgresCluster(environment.cluster.name, {
    environment,
    secrets,
    access: { sshKeyFile, privateKey, knownHostsFile },
    protect,
  });
  return { recoveryPlan: plan, endpoint };
}
