import type * as pulumi from "@pulumi/pulumi";
import { knownHosts, PostgresCluster } from "../components/libvirt/index.js";
import type { RecoveryPlan } from "../components/recovery/index.js";
import { readConfiguration } from "./configuration.js";
import { ensureFile, expandPath } from "./paths.js";
import { requirePrograms } from "./prerequisites.js";

/** Outputs of a stack. */
export interface StackOutputs extends Record<string, unknown> {
  /** What `pgkeep` works from; holds no secret. */
  readonly recoveryPlan: RecoveryPlan;
  /** Where clients connect: host:port. */
  readonly endpoint: pulumi.Output<string>;
}

/** Declares an environment on KVM; everything comes from the configuration. */
export function kvmEnvironment(): StackOutputs {
  const { environment, secrets, sshKeyFile, privateKey, knownHostsFile, protect } = readConfiguration();
  requirePrograms();
  ensureFile(expandPath(knownHostsFile), knownHosts(environment.kvm.hosts));
  const { plan, endpoint } = new PostgresCluster(environment.cluster.name, {
    environment,
    secrets,
    access: { sshKeyFile, privateKey, knownHostsFile },
    protect,
  });
  return { recoveryPlan: plan, endpoint };
}
