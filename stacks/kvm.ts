/** An environment on KVM, for a project whose main is this file. */
import { RunError } from "@pulumi/pulumi";
import { readConfiguration } from "./configuration.js";
import { kvmEnvironment } from "./kvm-environment.js";

const configuration = readConfiguration(new Date());
if (configuration.platform !== "kvm")
  throw new RunError(`pgkeep:environment.platform is ${configuration.platform}; this program is for kvm`);

export const { recoveryPlan, endpoint } = kvmEnvironment(configuration);
