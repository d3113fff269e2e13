/** An environment on VMware, for a project whose main is this file. */
import { RunError } from "@pulumi/pulumi";
import { readConfiguration } from "./configuration.js";
import { vmwareEnvironment } from "./vmware-environment.js";

const configuration = readConfiguration(new Date());
if (configuration.platform !== "vmware")
  throw new RunError(`pgkeep:environment.platform is ${configuration.platform}; this program is for vmware`);

export const { recoveryPlan, endpoint } = vmwareEnvironment(configuration);
